#pragma once

#include "messages/logs.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// A token of a host as stored; the token itself is nowhere.
struct log_token {
  std::string id, host_id, name;
  std::string token_hash; ///< Hex SHA-256 of the token.
  std::string username;   ///< Who made it.
  int64_t created_ms = 0;
};

/// Keeps the tokens with which hosts send their lines.
class log_token_repository {
public:
  explicit log_token_repository(database& db) : db_(db) {}

  /// ec::not_found when the owner has no such host, ec::conflict when it has one of this name,
  /// ec::bad_request at `most_per_host`. In a transaction.
  expected<void> add(std::string_view owner, const log_token& x);
  /// The host of a token; ec::session_invalid.
  expected<std::string> host_of(std::string_view token_hash);
  /// By host and name. @param hosts Empty: all of the owner.
  expected<std::vector<log_token_info>> of_owner(std::string_view owner,
                                                 const std::vector<std::string>& hosts);
  /// Unknown ones are ignored. In a transaction. @returns Those that were there.
  expected<std::vector<std::string>> remove(std::string_view owner,
                                            const std::vector<std::string>& ids);

  static constexpr int64_t most_per_host = 10;

private:
  database& db_;
};

} // namespace aops::storage
