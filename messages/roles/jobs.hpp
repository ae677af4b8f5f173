#pragma once

#include "messages/check.hpp"
#include "messages/cluster.hpp"
#include "messages/diag.hpp"
#include "messages/job.hpp"
#include "messages/job_waits.hpp"
#include "messages/roles/region.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/check.hpp"
#include "messages/types/cluster.hpp"
#include "messages/types/diag.hpp"
#include "messages/types/job.hpp"
#include "messages/types/job_waits.hpp"

namespace aops {

/// JOBS: stores jobs and has them run, whatever their kind.
using jobs_actor = caf::typed_actor<
  // Stores a job; answered once it is stored. It runs on the node that owns its slot.
  answers<job_to_create, job_created>,
  // Ends jobs of the caller wherever they run; answered with those ended now.
  asks<tasks_to_cancel, tasks_cancelled>,
  // Lets jobs of the caller that wait for him go on; answered with those.
  asks<tasks_to_resume, tasks_resumed>,
  // Which hosts a task of the caller waits for; none when it does not run, or is not his.
  asks<task_waits_query, task_waits>,
  // A job of this node got on, ended, or waits for its user.
  caf::reacts_to<job_progress>,
  // Stored or resumed through another node: starts those that this node owns.
  caf::reacts_to<jobs_added>,
  // Cancelled through another node: ends those that run here.
  caf::reacts_to<jobs_cancelled>>::extend_with<region_actor>;

/// Who takes diagnoses and explicit checks in.
namespace actors {
inline constexpr std::string_view diag_intake_name = "jobs/diag";
inline constexpr std::string_view check_intake_name = "jobs/check";
} // namespace actors

/// DIAGNOSES as they come in.
using diag_intake_actor = caf::typed_actor<
  // Plans a diagnosis and has it stored; answered once it is stored, with its task id.
  // ec::bad_request when no host or no tree is left.
  asks<diag_to_execute, diag_started>,
  caf::reacts_to<atom::ping>>;

/// EXPLICIT CHECKS as they come in.
using check_intake_actor = caf::typed_actor<
  // The same for an explicit check.
  asks<check_to_execute, check_started>,
  caf::reacts_to<atom::ping>>;

/// A JOB at work. It asks for its units, stores what it is answered, and tells JOBS and PROGRESS.
using job_actor = caf::typed_actor<
  // Its slot goes elsewhere: begins nothing more; answered at its end, when nothing is under way.
  caf::replies_to<atom::stop>::with<done>,
  // Which hosts it waits for.
  answers<get_task_waits, task_waits>,
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
