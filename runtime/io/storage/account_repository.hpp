#pragma once

#include "messages/account.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// Keeps accounts and sessions. Whatever ends sessions, or changes what a session's user may do,
/// adds to the version `sessions`.
class account_repository {
public:
  explicit account_repository(database& db) : db_(db) {}

  // -- accounts

  expected<void> add(const account& x, int64_t now_ms); ///< ec::conflict when the name is taken.
  expected<account> find(std::string_view username);    ///< ec::not_found.
  expected<std::vector<account>> list();                ///< By name.
  /// Also ends what vault keys its sessions hold. ec::not_found.
  /// Whether the account is open and still has this password hash; locks it for this transaction.
  expected<bool> still_has(std::string_view username, std::string_view password_hash);
  expected<void>
  set_password(std::string_view username, std::string_view password_hash, bool must_change);
  /// ec::not_found; ec::has_dependency when nobody who may log in would be administrator any more.
  expected<void> set_role(std::string_view username, rights role);
  expected<void> set_owner(std::string_view username, std::string_view owner); ///< ec::not_found.

  expected<bool> has_accounts();

  /// First start: makes an administrator who must change his password, unless the account exists.
  /// @returns Whether it was made.
  expected<bool>
  seed_administrator(std::string_view username, std::string_view password_hash, int64_t now_ms);

  // -- sessions

  /// @param address Where it was logged in from.
  expected<void> save_session(const session& x, std::string_view address = {});
  expected<session> find_session(std::string_view token_hash); ///< ec::session_invalid.
  expected<bool> has_session(std::string_view username);
  expected<void> touch_session(std::string_view token_hash, int64_t last_used_ms);
  expected<bool> end_session(std::string_view token_hash); ///< False: there was none.
  /// @param except Token hash of a session that goes on; may be empty. @returns Sessions ended.
  expected<int64_t> end_sessions_of(std::string_view username, std::string_view except = {});
  /// Ends those unused since `used_before_ms` or made before `created_before_ms`.
  expected<int64_t> expire_sessions(int64_t used_before_ms, int64_t created_before_ms);

  /// A session as its user sees it.
  struct shown_session {
    session what;
    std::string address, vault_node;
  };
  /// Newest first; those that have expired are not among them.
  expected<std::vector<shown_session>>
  sessions_of(std::string_view username, int64_t used_after_ms, int64_t created_after_ms);

  // -- vault keys of sessions

  /// This node holds the session's vault key from now on. False: there is no such session.
  expected<bool> set_vault_node(std::string_view token_hash, std::string_view node);
  /// The node that holds it; empty: none does.
  expected<std::string> vault_node(std::string_view token_hash);
  /// Hashes of the sessions whose key a node holds by right: neither unused since `used_after_ms`
  /// nor made before `created_after_ms`.
  expected<std::vector<std::string>>
  sessions_with_vault(std::string_view node, int64_t used_after_ms, int64_t created_after_ms);

private:
  expected<void> changed(expected<int64_t> rows, std::string_view username);
  expected<int64_t> ended(std::string_view statement, parameters values);
  database& db_;
};

} // namespace aops::storage
