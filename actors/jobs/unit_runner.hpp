#pragma once

#include "actors/jobs/job_services.hpp"
#include "actors/support/checked_state.hpp"
#include "messages/roles.hpp"
#include "runtime/core/schedule/unit_queue.hpp"

#include <caf/actor_clock.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <optional>

namespace aops::actors {

class unit_runner;

struct job_actor_state {
  explicit job_actor_state();
  ~job_actor_state();
  static inline const char* name = "job";
  std::unique_ptr<unit_runner> runner;
};

using job_pointer = job_actor::stateful_pointer<checked_state<job_actor_state>>;

/// Works through the units of one job: pulls a bounded number at once, stores each answer with its
/// unit's row before it counts, asks again what was not answered, and ends when everything is
/// stored, the deadline passed, or somebody else ended the job. Kinds of jobs say what a unit is.
class unit_runner {
public:
  unit_runner(job_pointer self, job_services_ptr services, std::string job);
  virtual ~unit_runner() = default;

  /// Loads the job and begins. A job that ended already ends the actor.
  void begin();
  void on_tick();

protected:
  /// Reads the plan. @returns Number of units, or why the plan cannot be carried out: the job
  /// fails.
  virtual expected<int64_t> read_plan(job_state& state) = 0;
  /// Asks for a unit; the outcome goes to `answered`.
  virtual void ask_for(int64_t unit) = 0;
  /// What to store for a unit that nobody answered.
  virtual unit_to_commit give_up(int64_t unit, const std::string& reason) = 0;

  void answered(int64_t unit, expected<unit_to_commit> answer);

  const job_record& job() const { return job_; }
  const job_services& services() const { return *services_; }
  job_pointer self() const { return self_; }
  int64_t now_ms() const { return services_->clock->now_ms(); }
  std::chrono::milliseconds unit_deadline() const {
    return services_->config->diag.unit_timeout.chrono();
  }

private:
  void loaded(job_state state);
  void pump();
  void commit(unit_to_commit what);
  void committed(int64_t unit, const job_progress& progress);
  void move_to(std::string state);
  void announce(const job_progress& progress);
  void wake_in(std::chrono::milliseconds wait); ///< A tick by then at the latest.
  bool is_past_deadline() const { return job_.deadline_ms > 0 && now_ms() >= job_.deadline_ms; }
  std::chrono::milliseconds store_deadline() const {
    return services_->config->store.request_timeout.chrono();
  }

  job_pointer self_;
  job_services_ptr services_;
  std::string id_;
  job_record job_;
  std::optional<schedule::unit_queue> units_;
  std::optional<caf::actor_clock::time_point> tick_due_; ///< Of the earliest tick under way.
};

} // namespace aops::actors
