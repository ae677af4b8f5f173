#pragma once

#include "runtime/core/task/run_plan.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace aops::task {

/// What became of a step on a host.
enum class host_state : uint8_t {
  pending,
  running,
  ok,
  failed,
  unreachable,
  skipped,     ///< The playbook leaves it out.
  interrupted, ///< Begun, and nobody knows how far it got; its user decides.
  left_out,    ///< Interrupted, and its user decided to leave it so.
};

/// As people and the store know it; what was left out is still `interrupted`.
std::string_view text_of(host_state x);

/// Decides what a run does next. No clock, no I/O: it is told what happened, and what it decides is
/// carried out, and stored, by its owner.
///
/// A host takes part in a step unless it did not end well in an earlier one. A step fails when one
/// of its hosts fails, or, where the run names a share that may fail, never: then the run ends when
/// more than that share of its hosts failed.
///
/// Which batch is next follows from what became of hosts, not from how many were begun: hosts whose
/// batch was cut off, or never started, are that batch still.
class run_machine {
public:
  /// A batch of hosts begins a step.
  struct begin_batch {
    size_t step = 0;
    std::vector<size_t> hosts; ///< Places, ascending.
    int64_t number = 0;        ///< Of the batch within its step, from 0.
  };
  struct end_step {
    size_t step = 0;
    bool is_failed = false;
  };
  /// Its user must approve the next batch.
  struct need_approval {
    size_t step = 0;
    int64_t batch = 0; ///< As `begin_batch::number`.
  };
  /// Its user must decide what becomes of interrupted hosts.
  struct need_decision {
    size_t step = 0;
    std::vector<size_t> hosts;
  };
  struct end_run {
    bool is_failed = false;
    std::string reason;         ///< Also of a run that ends well without some of its hosts.
    std::optional<size_t> step; ///< The last in which a host failed.
  };
  using decision = std::variant<begin_batch, end_step, need_approval, need_decision, end_run>;

  explicit run_machine(run_plan plan);

  const run_plan& plan() const { return plan_; }
  host_state state(size_t step, size_t host) const { return at(step, host); }
  bool is_open(size_t step) const { return !steps_[step].is_over; }
  /// Steps on hosts, at most.
  int64_t most_results() const;

  // -- what was stored

  void restore_step(size_t step, bool is_over) { steps_[step].is_over = is_over; }
  /// A host that was under way when its owner went may be begun again only where its step is
  /// idempotent. @returns Its state from now on.
  host_state restore_host(size_t step, size_t host, host_state stored);
  void approve(size_t step, int64_t batch);

  // -- what happens

  /// @pre No batch is under way.
  decision next() const;
  void began(const begin_batch& x);
  void ended(size_t step, size_t host, host_state how);
  void step_ended(size_t step) { steps_[step].is_over = true; }

private:
  struct step_progress {
    std::vector<host_state> hosts;
    bool is_over = false;
  };
  host_state& at(size_t step, size_t host) { return steps_[step].hosts[host]; }
  host_state at(size_t step, size_t host) const { return steps_[step].hosts[host]; }
  bool takes_part(size_t step, size_t host) const;
  bool has_begun(size_t step) const;
  size_t count_failed() const;
  std::optional<size_t> last_failed() const;
  begin_batch batch_of(size_t step, const std::vector<size_t>& waiting) const;
  decision next_of(size_t step) const;
  bool needs_approval(const begin_batch& x) const;
  decision end_at_last() const;

  run_plan plan_;
  std::vector<step_progress> steps_;
  std::vector<bool> is_canary_;
  size_t approved_step_ = SIZE_MAX;
  int64_t approved_batch_ = -1;
};

} // namespace aops::task
