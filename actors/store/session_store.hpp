#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/users.hpp"

namespace aops::actors {

struct session_store_state {
  explicit session_store_state() = default;
  static inline const char* name = session_store_name.data();
  store_ptr store;
};

/// Shows and ends sessions; makes, shows and ends tokens of programs.
session_store_actor::behavior_type
session_store(session_store_actor::stateful_pointer<checked_state<session_store_state>> self,
              store_ptr store);

} // namespace aops::actors
