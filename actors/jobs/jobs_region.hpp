#pragma once

#include "actors/jobs/job_services.hpp"
#include "actors/region/region_steps.hpp"
#include "actors/region/slot_region.hpp"
#include "runtime/core/schedule/fair_queue.hpp"

#include <map>
#include <set>
#include <string>

namespace aops::actors {

struct jobs_region_state {
  explicit jobs_region_state() = default;
  static inline const char* name = "jobs";

  /// A job that waits or runs here.
  struct known_job {
    const job_kind* kind = nullptr;
    uint16_t slot = 0;
    uint64_t epoch = 0;                     ///< Under which it was started; 0: it waits.
    bool is_starting = false;               ///< Its supervisor has not answered yet.
    uint64_t look = 0;                      ///< The look that had begun when it became known.
    job_status state = job_status::pending; ///< As it was told last.
  };

  job_services_ptr services;
  slot_region region;
  std::map<const job_kind*, schedule::fair_queue> queues;
  std::map<std::string, known_job> jobs; ///< Each is in the queue of its kind.
  /// Jobs whose actor has been asked to end, and whether they are to run again then.
  std::map<std::string, bool> stopping;
  std::set<kind_name> unknown_kinds; ///< Told once.
  uint64_t looks = 0;                ///< Into the store, so far.
  bool is_looking = false, must_look_all = false;
  std::set<uint16_t> must_look_at;
  bool is_all_known = true;   ///< The last look at everything found all there is.
  size_t around = 0;          ///< Slots looked at one after the other while it did not.
  size_t around_at_once = 16; ///< So many of them.
  own_tick tick;
};

using jobs_region_pointer = jobs_actor::stateful_pointer<checked_state<jobs_region_state>>;

/// Stores jobs on any node, and answers only then. Runs the stored jobs of this node's slots,
/// whatever their kind, of each a bounded number at once, owners taking turns; what is stored and
/// not running is found again by looking, so that no message that got lost leaves a job behind. Of
/// more jobs than a look finds it knows the oldest, and by and by some of each slot: nobody's job
/// waits for all that another one has.
/// Jobs of slots that went end at once; those of slots that came are started at once. Jobs that
/// wait for their user are not in the queue until he lets them go on.
jobs_actor::behavior_type jobs_region(jobs_region_pointer self, job_services_ptr services);

} // namespace aops::actors
