#pragma once

#include "messages/roles/role.hpp"
#include "messages/task.hpp"
#include "messages/types/task.hpp"

namespace aops {

namespace actors {
inline constexpr std::string_view task_store_name = "store/tasks";
}

/// TASK STORE: each owner's deployment tasks.
using task_store_actor = caf::typed_actor<
  // Stores a task with its templates as they are now; answered with its id. ec::bad_request when a
  // template, host or group is unknown, or steps or vars are no such thing.
  asks<deploy_task_to_generate, deploy_task_generated>,
  // The same under a given id. ec::conflict when it is taken.
  asks<deploy_task_to_add, deploy_task_generated>,
  // A page of the caller's tasks.
  asks<deploy_tasks_query, deploy_tasks_page>,
  // Deletes tasks by id or name. Unknown ones are ignored.
  asks<deploy_tasks_to_delete, done>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
