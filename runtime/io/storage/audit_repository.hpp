#pragma once

#include "messages/paging.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// Who did what, when, from where, to what, with which outcome. Never a secret.
struct audit_entry {
  int64_t time_ms = 0;
  std::string user, address;
  std::string action; ///< Such as `host.add`.
  std::string entity; ///< Such as a host id; may be empty.
  int64_t code = 200; ///< Return code of the contract.
  std::string detail;
};

struct audit_query {
  int64_t from_ms = 0, until_ms = INT64_MAX;
  std::string user, action; ///< Empty: all.
  paging page;              ///< `sort` is not used: newest first.
};

struct audit_page {
  int64_t total_count = 0, total_page = 0;
  std::vector<audit_entry> entries;
};

/// Keeps the audit log: append and read only, until rows are old.
class audit_repository {
public:
  explicit audit_repository(database& db) : db_(db) {}
  expected<void> append(const audit_entry& x);
  expected<audit_page> page(const audit_query& q);

  /// Deletes a portion of the rows from before a time. @returns How many; 0: none is left.
  expected<int64_t> expire(int64_t before_ms);

private:
  database& db_;
};

} // namespace aops::storage
