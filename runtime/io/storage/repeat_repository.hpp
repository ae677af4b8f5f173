#pragma once

#include "messages/account.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// Keeps what requests with an `Idempotency-Key` were answered with, so that they are carried out
/// once however often they come. A key is kept as its digest beside the user.
class repeat_repository {
public:
  /// How long an answer is kept, and how many of a user at most; the oldest give way.
  static constexpr int64_t keep_ms = 24 * 3600 * 1000;
  static constexpr int64_t most_of_user = 10'000;

  explicit repeat_repository(database& db) : db_(db) {}

  /// The answer that was kept of this request; nothing when it comes for the first time, and then
  /// it is noted: nobody else begins it before this transaction ends. ec::bad_request when the key
  /// came with another request. In a transaction.
  expected<std::optional<std::string>>
  begin(std::string_view user, const repeatable_request& x, int64_t now_ms);

  /// Keeps the answer of a request that was begun. In the same transaction.
  expected<void> keep(std::string_view user, const repeatable_request& x, std::string_view answer);

  /// Forgets what is too old, of all users. @returns Answers forgotten.
  expected<int64_t> expire(int64_t now_ms);

private:
  expected<std::optional<std::string>>
  find(std::string_view request, const repeatable_request& x, int64_t now_ms);
  expected<void> trim(std::string_view user, int64_t now_ms);
  database& db_;
};

} // namespace aops::storage
