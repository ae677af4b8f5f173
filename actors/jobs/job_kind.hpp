#pragma once

#include "actors/supervisor/supervisor.hpp"
#include "actors/support/checked_state.hpp"
#include "messages/roles/jobs.hpp"
#include "runtime/base/config.hpp"
#include "runtime/io/storage/job_unit.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace aops::actors {

struct job_services;
using job_services_ptr = std::shared_ptr<const job_services>;

/// What the actor of a job does, whatever its kind.
class job_work {
public:
  virtual ~job_work() = default;
  virtual const std::string& id() const = 0; ///< Of the job.
  /// Loads the job and begins. A job that ended already ends the actor.
  virtual void begin() = 0;
  virtual void on_tick() = 0;
  /// Which hosts it waits for, the longest awaited first.
  virtual task_waits waits() const = 0;
  /// Begins nothing more; `ended` is called, and the actor ends, when nothing is under way.
  virtual void wind_up(std::function<void()> ended) = 0;
};

struct job_actor_state {
  explicit job_actor_state() = default;
  static inline const char* name = "job";
  std::unique_ptr<job_work> work;
};
using job_pointer = job_actor::stateful_pointer<checked_state<job_actor_state>>;

struct job_limits {
  std::chrono::milliseconds unit_timeout; ///< Of one attempt at a unit.
  std::chrono::milliseconds deadline;     ///< Of a job, from its creation.
};

/// Those of section `jobs`, for kinds without options of their own.
job_limits usual_limits(const base::config& config);

/// `jobs.max_running`, for such kinds.
size_t usual_most_running(const base::config& config);

/// What the jobs of a node need to know of a kind: one entry of the list that `assemble` is given.
/// The region, the store and the lists of jobs know no kind by name.
struct job_kind {
  kind_name name;

  /// The actor of one job: `run_units<runner>` in most cases.
  job_actor::behavior_type (*behaviour)(job_pointer self,
                                        job_services_ptr services,
                                        std::string job) = nullptr;

  job_limits (*limits)(const base::config&) = &usual_limits;

  /// How many of them a node runs at once, beside those of other kinds.
  size_t (*most_running)(const base::config&) = &usual_most_running;

  /// Whether a unit may be asked for again when nobody knows how far it got. One that acts on the
  /// world may not: it is begun by one node, which surely holds its lease then, and never again
  /// unless the user says so.
  bool is_repeatable = true;

  /// How a job stands once all its results are there.
  storage::job_outcome outcome = &storage::ends_done;

  /// Lists of pages that change when such a job comes, goes, or gets into another state: bits of
  /// `followed_list`.
  uint64_t lists = 0;

  /// The actor that takes such jobs in, beside the region; none: others store them.
  std::function<child_spec(const job_services_ptr&)> intake;
};

class job_kinds {
public:
  job_kinds() = default;
  explicit job_kinds(std::vector<job_kind> list);

  const job_kind* find(const kind_name& name) const; ///< Null: this node does not run them.
  const std::map<kind_name, job_kind>& all() const { return kinds_; }

private:
  std::map<kind_name, job_kind> kinds_;
};

} // namespace aops::actors
