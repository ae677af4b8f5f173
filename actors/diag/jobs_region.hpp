#pragma once

#include "actors/jobs/job_services.hpp"
#include "actors/jobs/unit_runner.hpp"
#include "actors/supervisor/supervisor.hpp"
#include "runtime/core/schedule/fair_queue.hpp"

#include <array>
#include <map>
#include <optional>
#include <set>

namespace aops::actors {

struct jobs_region_state {
  explicit jobs_region_state() = default;
  static inline const char* name = "jobs";

  /// A job that waits or runs here.
  struct known_job {
    std::string kind;
    uint16_t slot = 0;
    uint64_t epoch = 0;       ///< Under which it was started; 0: it waits.
    bool is_starting = false; ///< Its supervisor has not answered yet.
    uint64_t look = 0;        ///< The look that had begun when it became known.
  };

  job_services_ptr services;
  schedule::fair_queue queue{1}; ///< Given its limit by the configuration.
  std::map<std::string, known_job> jobs;
  /// Jobs whose actor has been asked to end, and whether they are to run again then.
  std::map<std::string, bool> stopping;
  /// Until when slots are being handed over: nothing of them is started meanwhile.
  std::array<int64_t, schedule::slot_count> released_until_ms{};
  uint64_t looks = 0; ///< Into the store, so far.
  bool is_looking = false, must_look_all = false;
  std::set<uint16_t> must_look_at;
  std::optional<caf::actor_clock::time_point> tick_due; ///< Of its own tick.
};

using jobs_region_pointer = jobs_actor::stateful_pointer<checked_state<jobs_region_state>>;

/// Takes jobs in on any node: checks what is asked against the store, stores the job with its plan,
/// and only then answers. Runs the stored jobs of this node's slots, a bounded number at once,
/// owners taking turns; what is stored and not running is found again by looking, so that no
/// message that got lost leaves a job behind. Jobs of slots that went end at once; those of slots
/// that came are started at once.
jobs_actor::behavior_type jobs_region(jobs_region_pointer self, job_services_ptr services);

} // namespace aops::actors
