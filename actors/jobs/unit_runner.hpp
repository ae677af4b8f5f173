#pragma once

#include "actors/jobs/job_services.hpp"
#include "actors/support/checked_state.hpp"
#include "messages/roles/job.hpp"
#include "messages/roles/jobs.hpp"
#include "runtime/core/schedule/unit_queue.hpp"

#include <caf/actor_clock.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>

namespace aops::actors {

class unit_runner;

struct job_actor_state {
  explicit job_actor_state();
  ~job_actor_state();
  static inline const char* name = "job";
  std::unique_ptr<unit_runner> runner;
};

using job_pointer = job_actor::stateful_pointer<checked_state<job_actor_state>>;

/// Works through the units of one job: pulls a bounded number at once from each node, stores each
/// answer with its unit's row before it counts, asks again what was not answered, and ends when
/// everything is stored, the deadline passed, or somebody else ended the job. Writes under the
/// fence of its start for all its life: whoever owns the job by then, a stale one changes nothing.
/// Kinds of jobs say what a unit is.
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
  /// The host that answers a unit, and its number among those of the job.
  struct unit_host {
    uint32_t number = 0;
    std::string_view id;
  };
  virtual unit_host host_of(int64_t unit) const = 0;
  /// Asks for a unit; the outcome goes to `answered`, perhaps before this returns.
  virtual void ask_for(int64_t unit) = 0;
  /// What to store for a unit that nobody answered.
  virtual unit_to_commit give_up(int64_t unit, const std::string& reason) = 0;

  void answered(int64_t unit, expected<unit_to_commit> answer);

  const job_record& job() const { return job_; }
  const job_services& services() const { return *services_; }
  job_pointer self() const { return self_; }
  int64_t now_ms() const { return services_->clock->now_ms(); }
  /// How long to wait for a unit asked for now: never beyond the job's deadline.
  std::chrono::milliseconds unit_deadline() const;

private:
  void loaded(job_state state);
  void pump();
  void close();
  schedule::unit_queue::place_of places() const;
  bool is_excused(int64_t unit, const error& why);
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
  fence held_; ///< Since the start.
  job_record job_;
  std::optional<schedule::unit_queue> units_;
  std::set<int64_t> asked_;             ///< Units in flight whose answer is awaited.
  std::map<int64_t, int64_t> troubled_; ///< Since when units have failed without being to blame.
  bool is_closing_ = false;             ///< The deadline has passed.
  std::optional<caf::actor_clock::time_point> tick_due_; ///< Of the earliest tick under way.
};

} // namespace aops::actors
