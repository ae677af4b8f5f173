#pragma once

#include "actors/jobs/job_services.hpp"
#include "messages/roles/job.hpp"
#include "messages/roles/jobs.hpp"
#include "runtime/base/often_told.hpp"
#include "runtime/core/schedule/unit_queue.hpp"

#include <caf/actor_clock.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace aops::actors {

/// Works through the units of one job: pulls a bounded number at once from each node, stores each
/// answer with its unit's row before it counts, asks again what was not answered, and ends when
/// everything is stored, the deadline passed, or somebody else ended the job. Writes under the
/// fence of its start for all its life: whoever owns the job by then, a stale one changes nothing.
/// Kinds of jobs say what a unit is.
///
/// Units of a kind that is not repeatable act on the world. Each is noted as begun before it is
/// asked for, and asked for only while this node surely holds its lease. One that may have begun is
/// not asked for again: without an answer it is given up, and a job that starts with such units is
/// interrupted.
class unit_runner : public job_work {
public:
  unit_runner(job_pointer self, job_services_ptr services, std::string job);

  const std::string& id() const override { return id_; }
  void begin() override;
  void on_tick() override;
  task_waits waits() const override;
  /// What is repeatable is dropped at once.
  void wind_up(std::function<void()> ended) override;

protected:
  /// Reads the plan. @returns Number of units, or why the plan cannot be carried out: the job
  /// fails.
  virtual expected<int64_t> read_plan(job_state& state) = 0;
  /// Whether the job needs a key that its user must bring first: it waits for him. Asked after
  /// `read_plan`.
  virtual bool lacks_key() const { return false; }
  /// The host that answers a unit, and its number among those of the job.
  struct unit_host {
    uint32_t number = 0;
    std::string_view id;
  };
  virtual unit_host host_of(int64_t unit) const = 0;
  /// Asks for a unit; the outcome goes to `answered`, perhaps before this returns.
  virtual void ask_for(int64_t unit) = 0;
  /// What to store for a unit that nobody answered.
  virtual storage::unit_to_commit give_up(int64_t unit, const std::string& reason) = 0;

  void answered(int64_t unit, expected<storage::unit_to_commit> answer);

  const job_record& job() const { return job_; }
  /// The job's kind; known from `read_plan` on.
  const job_kind& kind() const { return *kind_; }
  const job_services& services() const { return *services_; }
  job_pointer self() const { return self_; }
  int64_t now_ms() const { return services_->clock->now_ms(); }
  /// How long to wait for a unit asked for now: never beyond the job's deadline.
  std::chrono::milliseconds unit_deadline() const;

private:
  void loaded(job_state state);
  void pump();
  bool may_begin();
  void begin_unit(int64_t unit);
  void begun(int64_t unit, const job_progress& progress);
  bool is_wound_up();
  void give_up_on(int64_t unit, const error& why);
  void not_stored(storage::unit_to_commit what, const error& why);
  void close();
  schedule::unit_queue::place_of places() const;
  bool is_excused(int64_t unit, const error& why);
  void commit(storage::unit_to_commit what);
  void committed(int64_t unit, const job_progress& progress);
  void move_to(job_status state);
  void announce(const job_progress& progress);
  void wake_in(std::chrono::milliseconds wait); ///< A tick by then at the latest.
  bool is_past_deadline() const { return job_.deadline_ms > 0 && now_ms() >= job_.deadline_ms; }

  job_pointer self_;
  job_services_ptr services_;
  std::string id_;
  fence held_; ///< Since the start.
  job_record job_;
  const job_kind* kind_ = nullptr;
  std::optional<schedule::unit_queue> units_;
  std::map<int64_t, int64_t> asked_;       ///< Units in flight whose answer is awaited: since when.
  std::map<int64_t, std::string> refused_; ///< Units that failed and are asked for again: why.
  std::map<int64_t, int64_t> troubled_;    ///< Since when units have failed without being to blame.
  bool is_closing_ = false;                ///< The deadline has passed.
  bool is_trouble_told_ = false;           ///< That it cannot be read, since it last could.
  base::often_told given_up_;              ///< Units, of which the log is told.
  std::vector<storage::unit_to_commit> unstored_; ///< Of units that must not be asked for again.
  std::function<void()> when_wound_up_;           ///< Set: it begins nothing more.
  std::optional<caf::actor_clock::time_point> tick_due_; ///< Of the earliest tick under way.
};

/// The behaviour of a job at work.
job_actor::behavior_type run(job_pointer self, std::unique_ptr<job_work> work);

/// The same for a kind whose units `Runner` knows, as entries of `job_kinds` name it.
template <class Runner>
job_actor::behavior_type run_units(job_pointer self, job_services_ptr services, std::string job) {
  return run(self, std::make_unique<Runner>(self, std::move(services), std::move(job)));
}

} // namespace aops::actors
