#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/run.hpp"

namespace aops::actors {

struct run_store_state {
  explicit run_store_state() = default;
  static inline const char* name = run_store_name.data();
  store_ptr store;
};

/// What became of deployment tasks that ran.
run_store_actor::behavior_type
run_store(run_store_actor::stateful_pointer<checked_state<run_store_state>> self, store_ptr store);

} // namespace aops::actors
