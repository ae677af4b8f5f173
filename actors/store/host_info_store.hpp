#pragma once

#include "actors/store/store_access.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/host_info.hpp"

namespace aops::actors {

struct host_info_store_state {
  explicit host_info_store_state() = default;
  static inline const char* name = host_info_store_name.data();
  store_ptr store;
};

/// Keeps what is known of hosts' hardware and system.
host_info_store_actor::behavior_type
host_info_store(host_info_store_actor::stateful_pointer<checked_state<host_info_store_state>> self,
                store_ptr store);

} // namespace aops::actors
