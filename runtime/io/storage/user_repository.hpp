#pragma once

#include "messages/users.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

struct stored_user {
  int64_t key = 0;
  std::string username;
  rights role = rights::ordinary;
  std::string owner; ///< Empty: nobody's.
  bool is_disabled = false, must_change_password = false;
};

/// Keeps what administrators decide about accounts. What changes the rights of somebody adds to the
/// version `sessions`.
class user_repository {
public:
  explicit user_repository(database& db) : db_(db) {}

  /// Those an administrator administers: his own users, nobody's, administrators.
  expected<users_page> page(std::string_view administrator, const paging& p);

  expected<stored_user> find(std::string_view username); ///< ec::not_found.

  /// The same, locked until the transaction ends.
  expected<stored_user> lock(std::string_view username);

  /// Names of the granted groups, by name.
  expected<std::vector<std::string>> groups_of(std::string_view username);

  // All in a transaction, of an account that was locked.

  /// With its own things as owner. Grants end.
  expected<void> promote(const stored_user& x);
  /// A user of nobody. ec::has_dependency for the last administrator, and for one who owns hosts,
  /// groups, rules, trees or users.
  expected<void> demote(const stored_user& x);
  /// To whom he belongs, empty: nobody. Grants end.
  expected<void> set_owner(const stored_user& x, std::string_view owner);
  /// ec::has_dependency for the last administrator. Disabled, his sessions and tokens end.
  expected<void> set_disabled(const stored_user& x, bool disabled);
  expected<void> end_tokens(const stored_user& x);
  /// ec::has_dependency as `demote`.
  expected<void> remove(const stored_user& x);
  /// Groups of his administrator, by name. ec::not_found names one that is unknown.
  expected<void> grant(const stored_user& x, const std::vector<std::string>& groups);
  expected<void> revoke(const stored_user& x, const std::vector<std::string>& groups);

private:
  expected<stored_user> found(std::string_view username, std::string_view lock);
  expected<void> keep_an_administrator(const stored_user& x);
  expected<void> refuse_owner(const stored_user& x);
  expected<void> drop_default_task(const stored_user& x); ///< It came with the first account.
  expected<void> bump();
  database& db_;
};

} // namespace aops::storage
