#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/task.hpp"

namespace aops::actors {

/// Makes the default task of a new store, which has no accounts yet. Before `seed_accounts`;
/// whoever deletes it later is rid of it.
expected<void> seed_default_task(storage::database& db, int64_t now_ms);

struct task_store_state {
  explicit task_store_state() = default;
  static inline const char* name = task_store_name.data();
  store_ptr store;
};

/// Keeps deployment tasks, each with its templates as they were when it was made.
task_store_actor::behavior_type
task_store(task_store_actor::stateful_pointer<checked_state<task_store_state>> self,
           store_ptr store);

} // namespace aops::actors
