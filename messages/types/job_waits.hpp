#pragma once

#include "messages/types/block.hpp"

/// What tasks wait for. Described in `messages/job_waits.hpp`.
#define AOPS_TYPES_job_waits(X)                                                                    \
  X(job_waits, task_waits_query)                                                                   \
  X(job_waits, task_waits)                                                                         \
  X(job_waits, get_task_waits)

AOPS_TYPE_BLOCK(job_waits, 2900)
