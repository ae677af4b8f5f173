#pragma once

#include "actors/store/login_throttle.hpp"
#include "actors/store/store_access.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/users.hpp"
#include "runtime/io/storage/user_repository.hpp"

namespace aops::actors {

struct user_store_state {
  explicit user_store_state() = default;
  static inline const char* name = user_store_name.data();
  store_ptr store;
  std::shared_ptr<login_throttle> throttle;
};

/// Accounts as administrators change them. Whatever takes rights away counts everywhere within a
/// second.
user_store_actor::behavior_type
user_store(user_store_actor::stateful_pointer<checked_state<user_store_state>> self,
           store_ptr store);

/// The account if the caller administers it, locked for a change; ec::not_found,
/// ec::permission_denied for another administrator's user.
expected<storage::stored_user> administered(storage::database& db,
                                            const caller& who,
                                            const std::string& username,
                                            bool is_to_change = true);

} // namespace aops::actors
