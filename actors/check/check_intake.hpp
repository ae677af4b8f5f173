#pragma once

#include "actors/check/check_job.hpp"
#include "actors/jobs/job_intake.hpp"
#include "messages/host.hpp"
#include "messages/rounds.hpp"

namespace aops::actors {

using check_intake_pointer = check_intake_actor::stateful_pointer<checked_state<intake_state>>;

/// Takes explicit checks in.
check_intake_actor::behavior_type check_intake(check_intake_pointer self,
                                               job_services_ptr services);

/// What an explicit check will do, and what is answered.
/// @param hosts Those of the request that the caller sees. ec::bad_request when no host or no rule
/// is left.
expected<std::pair<check_started, check_plan>>
plan_check(const check_to_execute& x, const host_records& hosts, const owner_rules& rules);

} // namespace aops::actors
