#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/job.hpp"

namespace aops::actors {

struct job_store_state {
  explicit job_store_state() = default;
  static inline const char* name = job_store_name.data();
  store_ptr store;
};

/// The queue of jobs: a job is stored before anybody is told of it; a unit's results and its row
/// commit together, behind the fence of the job's slot.
job_store_actor::behavior_type
job_store(job_store_actor::stateful_pointer<checked_state<job_store_state>> self, store_ptr store);

} // namespace aops::actors
