#pragma once

#include "messages/fence.hpp"
#include "messages/job_status.hpp"
#include "messages/wire.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Jobs between actors. The store is the queue: a job is a row before it is acknowledged, a unit's
/// results and its row commit together, so a crash resumes only what is missing. See
/// docs/reference/cluster.md#jobs.
namespace aops {

/// A job as stored.
struct job_record {
  std::string id;
  kind_name kind;
  std::string owner; ///< Whose hosts, rules and trees.
  std::string user;  ///< Who asked.
  uint16_t slot = 0;
  job_status state = job_status::pending;
  std::string idempotency_key; ///< Empty: none. The same key of an owner names the same job.
  std::string plan;            ///< JSON text.
  int64_t expected = 0;        ///< Results to come.
  int64_t finished = 0;        ///< Results stored; never falls.
  int64_t failed = 0;          ///< Of these, errors.
  int64_t last_number = 0;     ///< Of the newest result, where the kind numbers them.
  int64_t created_ms = 0, deadline_ms = 0;
};
AOPS_WIRE(job_record,
          id,
          kind,
          owner,
          user,
          slot,
          state,
          idempotency_key,
          plan,
          expected,
          finished,
          failed,
          last_number,
          created_ms,
          deadline_ms)

struct job_created {
  std::string id;
  bool existed = false; ///< Its idempotency key was there before.
};
AOPS_WIRE(job_created, id, existed)

struct load_job {
  std::string id;
};
AOPS_WIRE(load_job, id)

/// Jobs to run in these slots, pending or running; empty: all.
struct open_jobs {
  std::vector<uint16_t> slots;
};
AOPS_WIRE(open_jobs, slots)

struct job_records {
  std::vector<job_record> jobs;
};
AOPS_WIRE(job_records, jobs)

/// Reports of a job whose number is greater, in order: what a stream still has to show.
struct new_reports_query {
  std::string job;
  int64_t after = 0, limit = 0;
};
AOPS_WIRE(new_reports_query, job, after, limit)

/// An owner's trees by name.
struct find_trees {
  std::string owner;
  std::vector<std::string> names;
};
AOPS_WIRE(find_trees, owner, names)

/// A tree by content, as a plan freezes it.
struct tree_content {
  std::string tree_name, digest, content; ///< JSON text.
};
AOPS_WIRE(tree_content, tree_name, digest, content)

/// A job to store, with the trees its plan froze.
struct job_to_create {
  job_record job;
  std::vector<tree_content> trees;
};
AOPS_WIRE(job_to_create, job, trees)

struct tree_contents {
  std::vector<tree_content> trees;
};
AOPS_WIRE(tree_contents, trees)

/// A report as its host's owner made it: compact, rendered when read.
struct report_to_store {
  std::string report_id, host_id, tree_name, tree_digest;
  int64_t start_ms = 0, end_ms = 0;
  std::string values; ///< Blob that begins with a format number.
  std::string detail; ///< JSON text: verdict, root causes, undecided, evidence, rule versions.
  std::string content_hash;
  std::string error; ///< Not empty: no verdict, and why.
};
AOPS_WIRE(report_to_store,
          report_id,
          host_id,
          tree_name,
          tree_digest,
          start_ms,
          end_ms,
          values,
          detail,
          content_hash,
          error)

/// Where a job stands after a commit.
struct job_progress {
  std::string job;
  job_status state = job_status::pending;
  int64_t expected = 0, finished = 0, failed = 0;
  int64_t last_number = 0; ///< Of the newest result, where the kind numbers them.
};
AOPS_WIRE(job_progress, job, state, expected, finished, failed, last_number)

/// Moves a job to a state; a final state stays.
struct job_to_move {
  fence held;
  std::string job;
  job_status state = job_status::running;
};
AOPS_WIRE(job_to_move, held, job, state)

/// What a job actor reads when it starts: its row and its units, as far as they got.
struct job_state {
  job_record job;
  std::vector<int64_t> done_units;
  std::vector<int64_t> begun_units; ///< May have acted, and their end is not known.
  std::vector<tree_content> trees;  ///< Named by the plan's digests.
};
AOPS_WIRE(job_state, job, done_units, begun_units, trees)

/// One unit of a diagnosis: a host, its trees, consecutive slices.
struct unit_to_diagnose {
  std::string job, owner, host_id;
  int64_t unit = 0;
  std::vector<tree_content> trees;
  std::vector<int64_t> bounds_ms; ///< n+1 bounds of n neighbouring slices.
  int64_t deadline_ms = 0;
};
AOPS_WIRE(unit_to_diagnose, job, owner, host_id, unit, trees, bounds_ms, deadline_ms)

struct unit_diagnosed {
  int64_t unit = 0;
  std::vector<report_to_store> reports;
};
AOPS_WIRE(unit_diagnosed, unit, reports)

/// One unit of an explicit check: a host and rules over a range.
struct unit_to_check {
  std::string job, owner, host_id;
  int64_t unit = 0;
  std::vector<std::string> check_items; ///< Empty: all that apply.
  int64_t start_ms = 0, end_ms = 0;
};
AOPS_WIRE(unit_to_check, job, owner, host_id, unit, check_items, start_ms, end_ms)

struct unit_checked {
  int64_t unit = 0;
  int64_t results = 0; ///< Pairs done.
};
AOPS_WIRE(unit_checked, unit, results)

} // namespace aops
