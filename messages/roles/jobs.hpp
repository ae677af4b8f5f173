#pragma once

#include "messages/check.hpp"
#include "messages/cluster.hpp"
#include "messages/diag.hpp"
#include "messages/job.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/check.hpp"
#include "messages/types/cluster.hpp"
#include "messages/types/diag.hpp"
#include "messages/types/job.hpp"

namespace aops {

/// JOBS: takes jobs in and has them run.
using jobs_actor = caf::typed_actor<
  // Plans a diagnosis and stores it; answered once it is stored, with its task id. It runs on the
  // node that owns its slot. ec::bad_request when no host or no tree is left.
  asks<diag_to_execute, diag_started>,
  // The same for an explicit check.
  asks<check_to_execute, check_started>,
  // Ends jobs of the caller wherever they run; answered with those ended now.
  asks<tasks_to_cancel, tasks_cancelled>,
  // A job of this node got on, or ended.
  caf::reacts_to<job_progress>,
  // Stored through another node: starts those that this node owns.
  caf::reacts_to<jobs_added>,
  // Cancelled through another node: ends those that run here.
  caf::reacts_to<jobs_cancelled>,
  // Starts the jobs of slots that came, ends those of slots that went.
  caf::reacts_to<slots_changed>,
  // Ends the jobs of these slots in order; answered when none of them runs any more.
  answers<slots_to_release, done>,
  // INTERNAL: what this node has is compared with the store.
  caf::reacts_to<atom::tick>,
  // Answered at once.
  caf::reacts_to<atom::ping>>;

/// A JOB at work: a diagnosis, an explicit check. It asks hosts, stores what they answer, and tells
/// JOBS and PROGRESS.
using job_actor = caf::typed_actor<
  // INTERNAL: a back-off or the deadline has passed.
  caf::reacts_to<atom::tick>,
  caf::reacts_to<atom::ping>>;

/// PROGRESS: hears how jobs get on and tells this node's streams, and the nodes that watch.
using progress_actor = caf::typed_actor<
  // A job got on, or ended: shows it to its streams and passes it to the nodes that watch it.
  caf::reacts_to<job_progress>,
  // Another node shows this job: it is told for a while.
  caf::reacts_to<watch_job>,
  // INTERNAL: watch again what streams of this node show and other nodes own.
  caf::reacts_to<atom::tick>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
