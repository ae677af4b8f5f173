#pragma once

#include "actors/jobs/job_services.hpp"

namespace aops::actors {

/// Explicit checks among the jobs.
inline const kind_name check_kind_name{"check"};

/// An explicit check: hosts × rules over a range. Pulls units (a host with its rules); the hosts
/// store their results themselves, the job counts pairs.
job_actor::behavior_type check_job(job_pointer self, job_services_ptr services, std::string job);

/// The entry of explicit checks in the list of kinds.
job_kind check_kind();

/// The plan of a check as its job stores it.
struct check_plan {
  std::vector<std::string> hosts, items;
  int64_t start_ms = 0, end_ms = 0;
};
std::string write_check_plan(const check_plan& plan);
expected<check_plan> read_check_plan(const std::string& text); ///< ec::corrupt.

} // namespace aops::actors
