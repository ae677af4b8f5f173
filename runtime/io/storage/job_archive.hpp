#pragma once

#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// Forgets jobs that ended long ago, with what they found.
class job_archive {
public:
  explicit job_archive(database& db) : db_(db) {}

  /// One portion of the reports, units and trees of one ended job that was created before a time;
  /// the job itself when nothing else of it is left. In a transaction. @returns Rows deleted; 0:
  /// there is no such job any more.
  expected<int64_t> expire(int64_t created_before_ms);

  /// One job, which has no reports any more, with its units and trees. In a transaction.
  expected<void> forget(int64_t job);

private:
  expected<int64_t> drop_reports(int64_t job);
  expected<int64_t> drop_units(int64_t job);
  expected<int64_t> drop_job(int64_t job);
  database& db_;
};

} // namespace aops::storage
