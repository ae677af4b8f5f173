#pragma once

#include "runtime/io/storage/audit_repository.hpp"

namespace aops::storage {

/// Records refusals so that whoever is refused again and again does not fill the log. Refusals of a
/// user are alike when action, code and address are the same: the first one of a minute is a
/// record, those after it are counted, and the count is a record once the minute is over.
class refusal_repository {
public:
  static constexpr int64_t window_ms = 60'000;
  /// So many kinds of refusals of a user are told apart in a minute; the rest counts as one kind.
  static constexpr int64_t most_kinds = 64;

  explicit refusal_repository(database& db) : db_(db) {}

  /// `x.time_ms` is now. In a transaction.
  expected<void> note(const audit_entry& x);

  /// Records the counts whose minute is over, a portion of them. In a transaction. @returns How
  /// many; 0: none is left.
  expected<int64_t> settle(int64_t now_ms);

private:
  struct counted;
  expected<std::optional<counted>> alike(const audit_entry& x);
  expected<void> begin(const audit_entry& x);
  expected<void> count(const audit_entry& x);
  expected<void> record_count(const counted& x);
  static counted read(const row& r);
  database& db_;
};

} // namespace aops::storage
