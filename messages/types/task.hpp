#pragma once

#include "messages/types/block.hpp"

/// Deployment tasks. Described in `messages/task.hpp`.
#define AOPS_TYPES_task(X)                                                                         \
  X(task, deploy_task_to_generate)                                                                 \
  X(task, deploy_task_to_add)                                                                      \
  X(task, deploy_task_generated)                                                                   \
  X(task, deploy_tasks_query)                                                                      \
  X(task, deploy_tasks_page)                                                                       \
  X(task, deploy_tasks_to_delete)                                                                  \
  X(task, deploy_tasks_to_execute)                                                                 \
  X(task, deploy_tasks_started)

AOPS_TYPE_BLOCK(task, 2500)
