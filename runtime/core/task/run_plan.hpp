#pragma once

#include "messages/error.hpp"
#include "messages/task.hpp"
#include "runtime/core/task/parameters.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a run of a deployment task will do, frozen when it is asked for. See docs/tasks.md#runs.
namespace aops::task {

/// Hosts of a batch: a number of them, or a share of the run's hosts.
struct batch_size {
  int64_t count = 0;   ///< 0: a share.
  int64_t percent = 0; ///< 1 to 100.
  friend bool operator==(const batch_size&, const batch_size&) = default;
};

struct planned_step {
  std::string name;
  bool goes_on = false; ///< The run goes on when it fails.
  bool is_idempotent = false;
  bool needs_approval = false;
  int64_t timeout_ms = 0;
  std::string defaults = "{}"; ///< JSON object: variables that give way to all others.
  std::string package;         ///< Digest of what lies beside the playbook; empty: nothing.
  friend bool operator==(const planned_step&, const planned_step&) = default;
};

struct planned_host {
  std::string id, name;
  int64_t first_step = 0; ///< Place of the step with which it begins.
  std::vector<std::string> groups;
  friend bool operator==(const planned_host&, const planned_host&) = default;
};

struct run_plan {
  std::vector<planned_step> steps; ///< In the order in which they run.
  std::vector<planned_host> hosts;
  std::string vars = "{}"; ///< JSON object.
  bool is_check = false, shows_diff = false;
  int64_t forks = 50;
  std::vector<batch_size>
    serial;                    ///< Empty: all hosts at once. The last counts for all that follow.
  std::vector<int64_t> canary; ///< Places of hosts: the first batch of each step.
  std::optional<int64_t> max_fail_percentage;
  int64_t timeout_ms = 0; ///< Of the whole run.
  bool approves_batches = false, allows_parallel = false;
  /// JSON object: variables that nobody may see; never written down so. Empty: none.
  std::string secret_vars;
  /// The same, sealed, in hex digits, for the run of this id.
  std::string sealed_vars, sealed_for;
  friend bool operator==(const run_plan&, const run_plan&) = default;
};

/// A template of a task, and what it says of itself where the task's steps say nothing.
struct run_template {
  std::string name, package{};
  std::string defaults = "{}";
  std::vector<std::string> after{}; ///< Steps of these names come before it, if any.
  std::optional<int64_t> timeout_ms{};
  std::optional<bool> is_idempotent{};
};

/// What a plan is made of.
struct run_parts {
  std::vector<deploy_step> steps; ///< Of the task.
  std::vector<run_template> templates;
  std::vector<parameter> parameters; ///< That templates declare.
  bool takes_only_these = false;     ///< Other variables than these are refused.
  std::string vars;                  ///< Of the task: JSON object, or empty.
  std::vector<planned_host> hosts;
  int64_t forks = 50, step_timeout_ms = 3'600'000, timeout_ms = 86'400'000; ///< Unless asked for.
};

/// Steps such that each comes after those it names in `after`, else as they are listed.
/// ec::bad_request names a step that is not there, or the members of a cycle.
expected<std::vector<deploy_step>> in_order_of_dependencies(const std::vector<deploy_step>& steps);

/// ec::bad_request with the field that cannot be.
expected<run_plan> plan_run(const run_parts& parts, const deploy_tasks_to_execute& asked);

/// Checks what can be checked without a task: `vars`, `serial`. ec::bad_request with the field.
expected<void> check_run_options(const deploy_tasks_to_execute& asked);

/// As a job keeps it: JSON text.
std::string text_of(const run_plan& plan);
expected<run_plan> run_plan_of(std::string_view text); ///< ec::corrupt.

/// The same for hosts that did not end well: each begins where it stopped. @param first_steps By
/// place; negative: not among them.
run_plan retry_of(const run_plan& plan, const std::vector<int64_t>& first_steps);

} // namespace aops::task
