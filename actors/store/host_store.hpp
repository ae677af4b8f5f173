#pragma once

#include "actors/store/store_access.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/host.hpp"

namespace aops::actors {

struct host_store_state {
  explicit host_store_state() = default;
  static inline const char* name = host_store_name.data();
  store_ptr store;
};

/// Keeps groups and hosts. Credentials are sealed under the user's vault key before they are
/// stored; a key that does not open the user's vault is ec::vault_key. Tells `hosts` what changed.
host_store_actor::behavior_type
host_store(host_store_actor::stateful_pointer<checked_state<host_store_state>> self,
           store_ptr store);

} // namespace aops::actors
