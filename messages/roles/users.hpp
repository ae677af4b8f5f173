#pragma once

#include "messages/roles/role.hpp"
#include "messages/types/users.hpp"
#include "messages/users.hpp"

#include <string_view>

namespace aops {

namespace actors {
inline constexpr std::string_view user_store_name = "store/users";
inline constexpr std::string_view session_store_name = "store/sessions";
} // namespace actors

/// USER STORE: accounts, for administrators. One administers who belongs to him, who belongs to
/// nobody, and other administrators; ec::update_failed for an unknown account,
/// ec::permission_denied for another one's user. What takes rights away reaches every session
/// within a second.
using user_store_actor = caf::typed_actor<
  // Makes an ordinary user of nobody; the caller has an address alone. Slow by intent.
  // ec::permission_denied when registration is off, ec::change_password, ec::conflict,
  // ec::overloaded for an address that registers too many.
  asks<register_user, done>,
  // Makes an ordinary user of the caller, with a password that must be changed at the first log-in.
  // Slow by intent. Errors likewise.
  asks<user_to_add, done>,
  // A page of the accounts that the caller administers.
  asks<users_query, users_page>,
  // Makes a user an administrator, who owns his own, or an administrator who owns nothing a user of
  // nobody. ec::update_failed for the last administrator.
  asks<change_role, done>,
  // Takes a user of nobody in.
  asks<user_to_adopt, done>,
  // Lets one's own user go.
  asks<user_to_release, done>,
  // Closes an account, or opens it again. ec::update_failed for the last administrator.
  asks<user_to_disable, done>,
  asks<user_to_enable, done>,
  // Gives an account a password that must be changed at the next log-in. ec::change_password.
  asks<password_to_reset, done>,
  // Deletes accounts that own nothing; answered name by name.
  asks<users_to_delete, users_deleted>,
  // Grants groups of the caller to one of his users, or takes them away; answered when it counts.
  // ec::bad_request names an unknown group.
  asks<grants_to_change, done>,
  caf::reacts_to<atom::ping>>;

/// SESSION STORE: sessions and tokens of the caller; sessions also of users whom he administers.
using session_store_actor = caf::typed_actor<
  // The living sessions.
  asks<sessions_query, sessions_found>,
  // Ends sessions by identifier; unknown ones are ignored.
  asks<sessions_to_end, sessions_ended>,
  // Makes a token for programs. ec::conflict when the caller has one of this name,
  // ec::permission_denied when he came with a token.
  asks<token_to_create, token_created>,
  // The caller's tokens.
  asks<tokens_query, tokens_found>,
  // Deletes tokens; unknown ones are ignored.
  asks<tokens_to_delete, tokens_deleted>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
