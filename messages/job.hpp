#pragma once

#include "messages/check.hpp"
#include "messages/host.hpp"

/// Jobs between actors. The store is the queue: a job is a row before it is acknowledged, a unit's
/// results and its row commit together, so a crash resumes only what is missing. See
/// docs/reference/cluster.md#jobs.
namespace aops {

/// A job as stored.
struct job_record {
  std::string id;
  std::string kind;  ///< `diag` or `check`.
  std::string owner; ///< Whose hosts, rules and trees.
  std::string user;  ///< Who asked.
  uint16_t slot = 0;
  /// `pending`, `running`, `done`, `failed`, `cancelled`, `interrupted`.
  std::string state = "pending";
  std::string idempotency_key; ///< Empty: none. The same key of an owner names the same job.
  std::string plan;            ///< JSON text.
  int64_t expected = 0;        ///< Results to come.
  int64_t finished = 0;        ///< Results stored; never falls.
  int64_t failed = 0;          ///< Of these, error reports.
  int64_t created_ms = 0, deadline_ms = 0;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, job_record& x) {
  return f(x.id,
           x.kind,
           x.owner,
           x.user,
           x.slot,
           x.state,
           x.idempotency_key,
           x.plan,
           x.expected,
           x.finished,
           x.failed,
           x.created_ms,
           x.deadline_ms);
}

struct job_created {
  std::string id;
  bool existed = false; ///< Its idempotency key was there before.
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, job_created& x) {
  return f(x.id, x.existed);
}

struct load_job {
  std::string id;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, load_job& x) {
  return f(x.id);
}

/// Jobs that are pending or running in these slots; empty: all.
struct open_jobs {
  std::vector<uint16_t> slots;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, open_jobs& x) {
  return f(x.slots);
}

struct job_records {
  std::vector<job_record> jobs;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, job_records& x) {
  return f(x.jobs);
}

/// To a job: end, on the user's word.
struct cancel_job {
  std::string id;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, cancel_job& x) {
  return f(x.id);
}

/// Reports of a job whose number is greater, in order: what a stream still has to show.
struct new_reports_query {
  std::string owner, job;
  int64_t after = 0, limit = 0;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, new_reports_query& x) {
  return f(x.owner, x.job, x.after, x.limit);
}

/// An owner's trees by name.
struct find_trees {
  std::string owner;
  std::vector<std::string> names;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, find_trees& x) {
  return f(x.owner, x.names);
}

/// A tree by content, as a plan freezes it.
struct tree_content {
  std::string tree_name, digest, content; ///< JSON text.
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, tree_content& x) {
  return f(x.tree_name, x.digest, x.content);
}

/// A job to store, with the trees its plan froze.
struct job_to_create {
  job_record job;
  std::vector<tree_content> trees;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, job_to_create& x) {
  return f(x.job, x.trees);
}

struct tree_contents {
  std::vector<tree_content> trees;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, tree_contents& x) {
  return f(x.trees);
}

/// A report as its host's owner made it: compact, rendered when read.
struct report_to_store {
  std::string report_id, host_id, tree_name, tree_digest;
  int64_t start_ms = 0, end_ms = 0;
  std::string values; ///< Blob that begins with a format number.
  std::string detail; ///< JSON text: verdict, root causes, undecided, evidence, rule versions.
  std::string content_hash;
  std::string error; ///< Not empty: no verdict, and why.
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, report_to_store& x) {
  return f(x.report_id,
           x.host_id,
           x.tree_name,
           x.tree_digest,
           x.start_ms,
           x.end_ms,
           x.values,
           x.detail,
           x.content_hash,
           x.error);
}

/// The results of one unit, committed with its row. Re-sending a unit changes nothing.
struct unit_to_commit {
  fence held;
  std::string job, owner;
  int64_t unit = 0;
  int64_t attempts = 1;
  std::vector<report_to_store> reports; ///< Of a diagnosis.
  int64_t results = 0;                  ///< Of a check: pairs done.
  int64_t failed = 0;                   ///< Of these, pairs for which nobody answered.
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, unit_to_commit& x) {
  return f(x.held, x.job, x.owner, x.unit, x.attempts, x.reports, x.results, x.failed);
}

/// Where a job stands after a commit.
struct job_progress {
  std::string job, state;
  int64_t expected = 0, finished = 0, failed = 0;
  int64_t last_number = 0; ///< Newest report's number.
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, job_progress& x) {
  return f(x.job, x.state, x.expected, x.finished, x.failed, x.last_number);
}

/// Whether a job in this state has ended for good. An `interrupted` one waits for its user.
inline bool is_final_state(std::string_view state) {
  return state == "done" || state == "failed" || state == "cancelled";
}

/// Moves a job to a state; a final state stays.
struct job_to_move {
  fence held;
  std::string job, state;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, job_to_move& x) {
  return f(x.held, x.job, x.state);
}

/// What a job actor reads when it starts: its row and the units that are done.
struct job_state {
  job_record job;
  std::vector<int64_t> done_units;
  std::vector<tree_content> trees; ///< Named by the plan's digests.
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, job_state& x) {
  return f(x.job, x.done_units, x.trees);
}

/// One unit of a diagnosis: a host, its trees, consecutive slices.
struct unit_to_diagnose {
  std::string job, owner, host_id;
  int64_t unit = 0;
  std::vector<tree_content> trees;
  std::vector<int64_t> bounds_ms; ///< n+1 bounds of n neighbouring slices.
  int64_t deadline_ms = 0;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, unit_to_diagnose& x) {
  return f(x.job, x.owner, x.host_id, x.unit, x.trees, x.bounds_ms, x.deadline_ms);
}

struct unit_diagnosed {
  int64_t unit = 0;
  std::vector<report_to_store> reports;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, unit_diagnosed& x) {
  return f(x.unit, x.reports);
}

/// One unit of an explicit check: a host and rules over a range.
struct unit_to_check {
  std::string job, owner, host_id;
  int64_t unit = 0;
  std::vector<std::string> check_items; ///< Empty: all that apply.
  int64_t start_ms = 0, end_ms = 0;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, unit_to_check& x) {
  return f(x.job, x.owner, x.host_id, x.unit, x.check_items, x.start_ms, x.end_ms);
}

struct unit_checked {
  int64_t unit = 0;
  int64_t results = 0; ///< Pairs done.
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, unit_checked& x) {
  return f(x.unit, x.results);
}

} // namespace aops
