#pragma once

#include "actors/jobs/job_intake.hpp"

namespace aops::actors {

using diag_intake_pointer = diag_intake_actor::stateful_pointer<checked_state<intake_state>>;

/// Takes diagnoses in.
diag_intake_actor::behavior_type diag_intake(diag_intake_pointer self, job_services_ptr services);

} // namespace aops::actors
