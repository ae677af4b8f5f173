#pragma once

#include "actors/store/login_throttle.hpp"
#include "actors/store/store_access.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/account.hpp"

namespace aops::actors {

struct account_store_state {
  explicit account_store_state() = default;
  static inline const char* name = account_store_name.data();
  store_ptr store;
  std::shared_ptr<login_throttle> throttle;
};

/// Knows accounts and sessions. Passwords are checked on the crypto pool; a full one is
/// ec::overloaded.
account_actor::behavior_type
account_store(account_actor::stateful_pointer<checked_state<account_store_state>> self,
              store_ptr store);

/// Who a user is for the store: role, whose things he sees, and an ordinary one the groups granted
/// to him. ec::not_found, also for a disabled one.
expected<caller> caller_of(storage::database& db, const std::string& username);

} // namespace aops::actors
