#pragma once

#include "actors/jobs/job_intake.hpp"

namespace aops::actors {

using check_intake_pointer = check_intake_actor::stateful_pointer<checked_state<intake_state>>;

/// Takes explicit checks in.
check_intake_actor::behavior_type check_intake(check_intake_pointer self,
                                               job_services_ptr services);

} // namespace aops::actors
