#pragma once

#include "messages/diag.hpp"
#include "messages/job.hpp"
#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/job_unit.hpp"
#include "runtime/io/storage/outbox_repository.hpp"
#include "runtime/io/storage/rows_by_text.hpp"
#include "runtime/io/storage/scope.hpp"

#include <memory>
#include <span>

namespace aops::storage {

/// A unit to commit, and where to tell how its job stands after it.
struct unit_work {
  unit_to_commit unit;
  std::shared_ptr<job_progress> after;
  event_topics events = {}; ///< The same of all of a transaction.
};

/// What became of a job that came with others.
struct job_of_many {
  std::string id;
  bool existed = false;  ///< The same job was there before.
  bool is_taken = false; ///< Another owner's job has its id.
};

/// Keeps jobs: the store is the queue. See docs/reference/cluster.md#jobs.
///
/// A job's plan is a JSON object. Lists of tasks show its members `host_list` (ids), `time_range`
/// (two numbers, seconds) and `tree_list` (names); everything else in it is the job's own affair.
class job_repository {
public:
  /// @param events Where their progress is published.
  explicit job_repository(database& db, event_topics events = {}) : db_(db), events_(events) {}

  /// Stores a job and the trees its plan froze (`content` may be empty when the digest is stored
  /// already). A job of the same id, or of the same owner and idempotency key, stays as it is.
  /// @returns The stored job: the new one or the one that was there. In a transaction.
  expected<job_record> create(const job_record& job, const std::vector<tree_content>& trees = {});

  /// The same for many without idempotency keys, in few statements. In a transaction. ec::conflict
  /// when another node stores one of them at this moment: nothing is stored then.
  expected<std::vector<job_of_many>> create_many(std::span<const job_to_create> jobs);
  expected<std::vector<job_of_many>> create_all(std::span<const job_to_create* const> jobs);

  /// Whose jobs these are, by id; ids of no job are not in it.
  expected<by_text<std::string>> owners(const std::vector<std::string>& ids);

  expected<job_record> find(std::string_view id); ///< ec::not_found.

  /// How many wait or run; counts no further than `most`.
  expected<int64_t> count_open(int64_t most);

  /// What a job actor starts from: the row, the units done and those begun (ascending), the frozen
  /// trees in the order of `create`. ec::not_found.
  expected<job_state> load(std::string_view id);

  /// Stores the results of a unit with its row: its content goes where its kind puts it; counters
  /// move; the job has its outcome when finished >= expected. A unit sent again, or one of a job
  /// that ended, changes nothing: the reply tells where the job stands. In a transaction; the fence
  /// is the store writer's task. ec::not_found.
  expected<job_progress> commit_unit(const unit_to_commit& x);

  /// The same for many, in order, in about as few statements as one takes. When one of them fails,
  /// all do.
  expected<void> commit_units(std::span<const unit_work* const> units);

  /// Notes that a unit of a running job may act from now on; once more for the same unit is
  /// harmless. Notes nothing of a job that does not run: the reply tells where it stands. In a
  /// transaction. ec::not_found; ec::conflict when the unit is done.
  expected<job_progress> begin_unit(const unit_to_begin& x);

  /// A final state stays. In a transaction. ec::not_found.
  expected<job_progress> move(const job_to_move& x);

  /// Jobs pending or running in these slots, oldest first, without their plans and keys: the run
  /// queue.
  expected<std::vector<job_record>> open_in_slots(std::span<const uint16_t> slots,
                                                  int64_t limit = most_open_at_once);
  static constexpr int64_t most_open_at_once = 10'000;
  expected<std::vector<job_record>> open_of_owner(std::string_view owner, int64_t limit = 10'000);

  /// One entry per id in the order asked; an unknown one has expected 0 and an empty state.
  expected<std::vector<task_progress>> progress(const scope& of,
                                                const std::vector<std::string>& ids);

  /// Contract of /diag/task/get: jobs of one kind, sorted by `time` or `expected_report_num`, else
  /// by age.
  expected<tasks_page> page(const scope& of, const kind_name& kind, const tasks_query& q);

  /// Ends jobs that are not over; `code` is 200 or 206. In a transaction.
  expected<tasks_cancelled> cancel(const scope& of, const std::vector<std::string>& ids);

  /// Puts jobs that wait for their user back into the queue, with as much time as they had at
  /// first; of an interrupted one, what may have begun is done again. `code` is 200 or 206. In a
  /// transaction.
  expected<tasks_resumed>
  resume(const scope& of, const std::vector<std::string>& ids, int64_t now_ms);

  /// Ends as failed what should run and whose deadline lies before a time: nobody runs it. A
  /// portion of them, in a transaction. @returns Their ids.
  expected<std::vector<std::string>> end_orphans(int64_t deadline_before_ms);

private:
  expected<std::optional<job_record>> existing(const job_record& job);
  expected<void> freeze(int64_t job, const std::vector<tree_content>& trees);
  expected<void> freeze_many(std::span<const job_to_create* const> jobs);
  expected<std::vector<int64_t>> keys_of_new(std::span<const job_to_create* const> jobs);
  expected<void> publish(const std::vector<std::string>& ids);
  database& db_;
  event_topics events_;
};

} // namespace aops::storage
