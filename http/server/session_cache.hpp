#pragma once

#include "messages/account.hpp"
#include "messages/error.hpp"
#include "runtime/base/clock.hpp"

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace aops::http {

/// Remembers for a moment whose token is whose, so that a busy session does not ask the store for
/// each request. Tokens themselves are kept nowhere, only their hashes.
class session_cache {
public:
  struct limits {
    /// A revoked token is refused at the latest this long after the owner of sessions knows.
    int64_t life_ms = 500;
    size_t max_entries = 10'000;
  };

  /// Whose token is it? Gets the token's SHA-256 in hex; ec::session_invalid.
  using lookup = std::function<expected<caller>(const std::string& token_hash)>;

  explicit session_cache(lookup ask) : session_cache(std::move(ask), limits{}) {}
  session_cache(lookup ask, limits l, const base::time_source& time = base::system_time());

  /// ec::session_invalid for an empty, unknown, expired or revoked token; other errors of `lookup`
  /// as they are.
  expected<caller> authenticate(std::string_view token);
  expected<caller> authenticate_hash(const std::string& token_hash);

  /// The next request of these asks again: after log-out, password or role changes on this node.
  void forget(const std::string& token_hash);
  void forget_user(const std::string& user);

  size_t size() const;

private:
  struct entry {
    caller who;
    int64_t until_ms;
  };
  void remember(const std::string& token_hash, const caller& who, int64_t asked_ms, uint64_t epoch);

  lookup ask_;
  limits limits_;
  const base::time_source& time_;
  mutable std::mutex mutex_;
  /// Grows with each `forget`: an answer asked for before must not be remembered after.
  uint64_t epoch_ = 0;
  std::unordered_map<std::string, entry> entries_;
};

} // namespace aops::http
