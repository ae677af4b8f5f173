#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/job.hpp"
#include "runtime/io/storage/job_unit.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::storage::unit_to_begin)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::storage::unit_to_commit)

namespace aops::actors {

/// JOB STORE, with what only the jobs of the same node ask: units bring contents of their kind,
/// which never leave the process.
using full_job_store_actor =
  caf::typed_actor<answers<storage::unit_to_begin, job_progress>,
                   answers<storage::unit_to_commit, job_progress>>::extend_with<job_store_actor>;

struct job_store_state {
  explicit job_store_state() = default;
  static inline const char* name = job_store_name.data();
  store_ptr store;
};

/// The queue of jobs: a job is stored before anybody is told of it; a unit's results and its row
/// commit together, behind the fence of the job's slot.
full_job_store_actor::behavior_type
job_store(full_job_store_actor::stateful_pointer<checked_state<job_store_state>> self,
          store_ptr store);

} // namespace aops::actors
