#pragma once

#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/filter.hpp"

namespace aops::storage {

/// The counters beside `audit_log`. Every change goes with the rows it counts, in one transaction
/// that holds the end of the log's chain: two of them never wait for each other.
class audit_counts {
public:
  explicit audit_counts(database& db) : db_(db) {}

  /// Before one record is written.
  expected<void> add(std::string_view owner, std::string_view username, std::string_view kind);

  /// Before the records that match are deleted.
  expected<void> take(const filter& matching);

  /// Records that match. @param matching May name owner, username and kind only.
  expected<int64_t> total(const filter& matching);

private:
  database& db_;
};

} // namespace aops::storage
