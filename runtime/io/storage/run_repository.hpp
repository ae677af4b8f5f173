#pragma once

#include "messages/job.hpp"
#include "messages/run.hpp"
#include "runtime/io/storage/database.hpp"

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace aops::storage {

/// A host of a run.
struct run_target {
  std::string host_id, host_name;
  int64_t first_step = 0; ///< Position of the step with which it begins.
};

/// A run to store; its plan is that of its job.
struct new_run {
  job_record job;
  std::vector<tree_content> templates; ///< Frozen with the job; named by digest.
  std::string task_id, task_name, retry_of;
  bool is_check = false;
  std::vector<std::string> steps; ///< Names, in the order in which they run.
  std::vector<run_target> hosts;
  std::set<std::string> packages{}; ///< Digests of the archives it needs.
};

struct run_step_row {
  int64_t position = 0;
  std::string state = "pending", message;
  int64_t batches = 0; ///< Begun, or the number of the one that waits for approval.
  int64_t started_ms = 0, ended_ms = 0;
  /// How long the run had been at work when its last batch began; negative: none has, or its user
  /// let it begin anew.
  int64_t begun_worked_ms = -1;
};

/// A step on a host. `number` is the host's place among those of the run.
struct run_host_row {
  int64_t step = 0, number = 0;
  std::string state;
  int64_t attempts = 0, started_ms = 0, ended_ms = 0;
  int64_t ok = 0, changed = 0, failed = 0, skipped = 0;
  std::string action, message;
};

/// What a run's owner starts from.
struct stored_run {
  job_state job;
  std::string state, reason, wish;
  int64_t step = -1, approved_step = -1, approved_batch = -1;
  int64_t events = 0, event_bytes = 0, started_ms = 0, worked_ms = 0;
  std::vector<run_step_row> steps;
  std::vector<run_host_row> hosts;
};

/// Most events of one row.
inline constexpr int64_t most_events_in_row = 1000;

/// Events that are stored in one row.
struct run_events {
  int64_t first = 0, last = 0;
  std::string body; ///< JSON list.
};

/// What an owner changes at once, under its fence. Absent parts stay as they are; sent once more it
/// changes nothing.
struct run_change {
  fence held;
  std::string run;
  job_status was =
    job_status::running; ///< As its owner knows it: in another state nothing changes.
  std::optional<job_status> job_state;
  std::optional<std::pair<std::string, std::string>> state; ///< And the reason.
  std::optional<int64_t> step;
  std::optional<int64_t> started_ms, ended_ms;
  std::optional<int64_t> worked_ms; ///< How long it has been at work, in all.
  std::vector<run_step_row> steps;
  std::vector<run_host_row> hosts;
  std::vector<run_events> events;
  int64_t finished = 0, failed = 0; ///< Steps on hosts that ended, in all.
  int64_t event_bytes = 0;          ///< Of all events.
  /// Further writes of the same transaction; may run more than once.
  std::function<expected<void>(database&)> also;
  bool takes_wish = false; ///< The wish has been seen to.
  bool frees_hosts = false;
};

/// Where a run stands.
struct run_after {
  job_progress progress;
  std::string wish;
};

/// Hosts that other runs hold.
struct run_lock_answer {
  bool is_ours = false;
  std::string holder; ///< A run that holds one of them.
  std::string host;   ///< Its name.
};

/// What a retry takes from the run before.
struct run_to_repeat {
  job_state job;
  std::string task_id, task_name, state;
  std::vector<std::string> steps;
  std::vector<run_target> targets;
  std::vector<run_host_row> hosts;
};

/// Keeps runs of deployment tasks. See docs/tasks.md#runs.
class run_repository {
public:
  explicit run_repository(database& db) : db_(db) {}

  // -- for owners

  /// With its job. ec::bad_request when a package that it needs is gone. In a transaction.
  expected<void> create(const new_run& x);
  expected<stored_run> load(std::string_view id); ///< ec::not_found.
  /// Where the job is in another state than its owner knows, nothing but events is written: the
  /// reply says where it stands. In a transaction. ec::not_found.
  expected<run_after> change(const run_change& x);
  /// Which other run holds one of its hosts now, and is in its way.
  /// @param is_shared Whether it goes beside others that say so, too.
  expected<run_lock_answer> look_at_hosts(std::string_view id, bool is_shared);
  /// Takes all hosts of a run, or none of them; once more is harmless. In a transaction.
  expected<run_lock_answer> take_hosts(std::string_view id, bool is_shared);
  /// Where it stands. ec::not_found.
  expected<run_after> glance(std::string_view id);

  // -- for people

  expected<runs_page> page(std::string_view owner, const runs_query& q);
  expected<run_hosts_page> hosts(std::string_view owner, const run_hosts_query& q);
  expected<run_log_page> log(std::string_view owner, const run_log_query& q);
  expected<run_stats> stats(std::string_view owner, const run_stat_query& q);
  expected<run_standing> standing(std::string_view owner, std::string_view id);
  expected<run_to_repeat> to_repeat(std::string_view owner, std::string_view id);

  /// Has the owner of a run stop or pause it (`stop`, `pause`), and does it here where nobody runs
  /// it. In a transaction. @returns Why not; empty: done.
  expected<std::string>
  ask_to(std::string_view owner, std::string_view id, std::string_view wish, int64_t now_ms);
  /// Puts a run that waits for approval back into the queue. In a transaction. @returns Why not.
  expected<std::string> approve(std::string_view owner, std::string_view id);
  /// Puts a run that waits for its user back into the queue. @param decision `again`, `skip` or
  /// empty. In a transaction. @returns Why not.
  expected<std::string>
  resume(std::string_view owner, std::string_view id, std::string_view decision, int64_t now_ms);
  /// Runs of a user that wait for his key.
  expected<std::vector<std::string>> waiting_for_key(std::string_view user);
  /// Those that have not ended. @param owner Of his only; empty: of anybody.
  expected<std::vector<std::string>> open_among(const std::vector<std::string>& ids,
                                                std::string_view owner = {});

  /// Forgets a portion of a run that ended before a time. In a transaction. @returns Rows; 0: there
  /// is none.
  expected<int64_t> expire(int64_t ended_before_ms);

private:
  struct standing_row {
    int64_t key = 0;
    std::string state, job_state;
    int64_t step = -1;
  };
  expected<std::optional<standing_row>> lock(std::string_view owner, std::string_view id);
  expected<std::vector<run_info>> listed(const std::vector<int64_t>& keys);
  expected<int64_t> key_of(std::string_view owner, std::string_view id);
  expected<void> keep_packages(int64_t run, const std::set<std::string>& digests);
  expected<void> write_hosts(int64_t run, const std::vector<run_host_row>& rows);
  expected<void> write_steps(int64_t run, const std::vector<run_step_row>& rows);
  expected<void> write_events(int64_t run, const run_change& x);
  expected<run_lock_answer> holder_of_hosts(int64_t run, bool is_shared);
  expected<std::string> reason_of_stop(const standing_row& x);
  expected<void> back_into_queue(int64_t run);
  database& db_;
};

/// Whether a run has ended for good.
bool is_run_over(std::string_view state);

} // namespace aops::storage
