#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/audit.hpp"

namespace aops::actors {

struct audit_store_state {
  explicit audit_store_state() = default;
  static inline const char* name = audit_store_name.data();
  store_ptr store;
};

/// Shows and checks the log of what was done. What is done is written there by whoever does it, in
/// the same transaction; what is refused, here.
audit_store_actor::behavior_type
audit_store(audit_store_actor::stateful_pointer<checked_state<audit_store_state>> self,
            store_ptr store);

} // namespace aops::actors
