#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/data.hpp"

namespace aops::actors {

struct saved_store_state {
  explicit saved_store_state() = default;
  static inline const char* name = saved_store_name.data();
  store_ptr store;
};

/// Keeps what other services found, and deletes what they no longer want.
saved_store_actor::behavior_type
saved_store(saved_store_actor::stateful_pointer<checked_state<saved_store_state>> self,
            store_ptr store);

} // namespace aops::actors
