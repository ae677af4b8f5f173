#pragma once

#include "actors/jobs/job_services.hpp"
#include "actors/supervisor/supervisor.hpp"
#include "messages/roles/run.hpp"

namespace aops::actors {

struct run_intake_state {
  explicit run_intake_state() = default;
  static inline const char* name = run_intake_name.data();
  job_services_ptr services;
};

/// Takes in what people want of runs: finds the vault key of their session, hands it to who owns
/// each run, has the store do it, and lets owners know.
run_intake_actor::behavior_type
run_intake(run_intake_actor::stateful_pointer<checked_state<run_intake_state>> self,
           job_services_ptr services);

/// The intake, and the keys of the runs of this node.
child_spec run_intake_tree(const job_services_ptr& services);

} // namespace aops::actors
