#pragma once

#include "actors/jobs/job_services.hpp"

namespace aops::actors {

/// A diagnosis: hosts × trees × slices. Pulls units (a host, all trees, some slices) from where the
/// hosts live and stores their reports. A unit that nobody answers becomes reports that say so.
job_actor::behavior_type diag_job(job_pointer self, job_services_ptr services, std::string job);

/// The entry of diagnoses in the list of kinds.
job_kind diag_kind();

} // namespace aops::actors
