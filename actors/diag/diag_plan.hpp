#pragma once

#include "messages/job.hpp"
#include "runtime/core/fault/plan.hpp"

#include <string>
#include <vector>

namespace aops::actors {

/// The plan of a diagnosis as its job stores it: `host_list`, `time_range` (seconds), `tree_list`,
/// `interval`.
std::string write_diag_plan(const fault::diagnosis_plan& plan, const fault::plan_request& request);

/// ec::corrupt when the text is none.
expected<fault::diagnosis_plan> read_diag_plan(const std::string& text);

/// Reports of one unit: an answer must stay below 256 KiB, unless one slice alone is larger.
/// @param trees Those of the plan, with their content.
size_t reports_per_unit(const fault::diagnosis_plan& plan, const std::vector<tree_content>& trees);

} // namespace aops::actors
