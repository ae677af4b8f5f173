#pragma once

#include "messages/users.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// A token of a program as stored; the token itself is nowhere.
struct api_token {
  std::string username;
  std::string id, name;
  std::string token_hash; ///< Hex SHA-256 of the token.
  bool may_act = false;
  int64_t created_ms = 0, expires_ms = 0;
  int64_t last_used_ms = 0; ///< 0: never.
};

/// Keeps tokens of programs. Removing one adds to the version `sessions`.
class token_repository {
public:
  explicit token_repository(database& db) : db_(db) {}

  /// ec::conflict when the user has one of this name, ec::overloaded at `most_per_user`.
  expected<void> add(const api_token& x);
  expected<api_token> find(std::string_view token_hash); ///< ec::session_invalid.
  /// From now on another secret is the token's. ec::bad_request when there is no such token. In a
  /// transaction.
  expected<void> renew(std::string_view username, std::string_view id, std::string_view token_hash);
  expected<void> touch(std::string_view token_hash, int64_t last_used_ms);
  expected<std::vector<token_info>> of_user(std::string_view username); ///< By name.
  /// Names, else identifiers; unknown ones are ignored. In a transaction.
  /// @returns Names of those removed.
  expected<std::vector<std::string>> remove(std::string_view username,
                                            const std::vector<std::string>& words);
  /// Deletes those that ended. @returns How many.
  expected<int64_t> expire(int64_t now_ms);

  static constexpr int64_t most_per_user = 100;

private:
  database& db_;
};

} // namespace aops::storage
