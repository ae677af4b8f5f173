#pragma once

#include "messages/diag.hpp"
#include "messages/job.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/diag.hpp"
#include "messages/types/job.hpp"

namespace aops {

/// JOB STORE: the queue of jobs and what they wrote.
using job_store_actor = caf::typed_actor<
  // Stores a job with the trees of its plan; answered with its id, or that of the job which has its
  // idempotency key already.
  answers<job_to_create, job_created>,
  // Ends jobs of the caller in the store; answered with those ended now. Any node may.
  asks<tasks_to_cancel, tasks_cancelled>,
  // Puts jobs of the caller that wait for him back into the queue; answered with those. Any node
  // may.
  asks<tasks_to_resume, tasks_resumed>,
  // A job's row and what of it is done. ec::not_found.
  answers<load_job, job_state>,
  // The jobs of these slots that are to run.
  answers<open_jobs, job_records>,
  // Moves a job to a state; answered with where it stands then. ec::fenced.
  answers<job_to_move, job_progress>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
