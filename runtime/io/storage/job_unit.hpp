#pragma once

#include "messages/job.hpp"
#include "runtime/io/storage/database.hpp"

#include <memory>
#include <span>
#include <string>

namespace aops::storage {

/// How a job stands once all its results are there.
using job_outcome = job_status (*)(const job_progress& now);
inline job_status ends_done(const job_progress&) { return job_status::done; }

struct unit_to_commit;

/// Where units of one kind of job put what they bring: tables of the kind's own, in the transaction
/// that stores the units' rows. One serves the units of one transaction.
class unit_sink {
public:
  virtual ~unit_sink() = default;

  /// Looks up what deciding takes, in few statements. Some of these may not be taken later.
  virtual expected<void> look(std::span<const unit_to_commit* const> units) = 0;

  /// Takes a unit that is not stored yet; in order. Counts in `now` what it brings: `finished`,
  /// `failed`, and `last_number` where the kind numbers its results.
  /// @param job Key of its job's row. @returns Rows it adds of those that can be deleted singly.
  virtual int64_t take(const unit_to_commit& unit, int64_t job, job_progress& now) = 0;

  /// Writes what was taken, in few statements.
  virtual expected<void> write() = 0;
};

/// What a unit brings besides its counts, and knows how it is stored. Each kind derives its own.
/// Shared with the store writer's thread, so it does not change.
class unit_content {
public:
  virtual ~unit_content() = default;
  /// One for all units of a transaction whose content is of this type.
  virtual std::unique_ptr<unit_sink> sink(database& db) const = 0;
  /// About how many rows it adds: what it takes of the writer's share.
  virtual size_t rows() const = 0;
};

/// The results of one unit, committed with its row. Re-sending a unit changes nothing. Never leaves
/// the process.
struct unit_to_commit {
  fence held;
  std::string job, owner;
  int64_t unit = 0;
  int64_t attempts = 1;
  int64_t results = 0;                         ///< Counted besides what `content` counts.
  int64_t failed = 0;                          ///< Of these.
  std::shared_ptr<const unit_content> content; ///< None: there is nothing but counts.
  job_outcome outcome = &ends_done;
};

/// Notes that a unit may act from now on: whoever finds it begun and not done must not do it again.
struct unit_to_begin {
  fence held;
  std::string job;
  int64_t unit = 0;
  int64_t attempts = 1;
};

} // namespace aops::storage
