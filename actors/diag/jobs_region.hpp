#pragma once

#include "actors/jobs/job_services.hpp"
#include "actors/jobs/unit_runner.hpp"
#include "actors/supervisor/supervisor.hpp"
#include "runtime/core/schedule/fair_queue.hpp"

#include <map>

namespace aops::actors {

struct jobs_region_state {
  explicit jobs_region_state() = default;
  static inline const char* name = "jobs";
  job_services_ptr services;
  schedule::fair_queue queue{1};            ///< Given its limit by the configuration.
  std::map<std::string, std::string> kinds; ///< Of the jobs in the queue.
};

using jobs_region_pointer = jobs_actor::stateful_pointer<checked_state<jobs_region_state>>;

/// Takes jobs in: checks what is asked against the store, stores the job with its plan, and only
/// then answers. Runs stored jobs, a bounded number at once, owners taking turns; what is stored
/// and not running is found again by looking, so that no message that got lost leaves a job behind.
jobs_actor::behavior_type jobs_region(jobs_region_pointer self, job_services_ptr services);

} // namespace aops::actors
