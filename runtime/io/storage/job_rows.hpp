#pragma once

#include "messages/job_status.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// The state in a row of `job`. A text that no release writes counts as failed: nothing runs it.
inline job_status status_in(const row& r, int column) {
  return job_status_of(r.text(column)).value_or(job_status::failed);
}

/// A condition on jobs: runs of deployment tasks are ended and resumed as such, by
/// `run_repository`.
inline constexpr std::string_view is_no_run =
  "not exists (select 1 from run where run.job = job.n)";

/// `('a', 'b')` of states, for a condition.
template <class... States>
std::string list_of(States... states) {
  std::string out;
  ((out += (out.empty() ? "('" : "', '") + std::string{text_of(states)}), ...);
  return out + "')";
}

} // namespace aops::storage
