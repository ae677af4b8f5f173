#pragma once

#include "runtime/core/check/run.hpp"

namespace aops::check {

/// `run_rule` on the times that a data service has: series are aligned first, what is aggregated is
/// aggregated then. @param data One per item, none failed; the rule was not refused.
run_result
run_delivered(const rule_set::rule_ptr& rule, const run_request& request, const run_data& data);

} // namespace aops::check
