#pragma once

#include <string_view>

namespace aops::promql {

using date_function_type = double (*)(double seconds);

/// The part of a date, in UTC, that `hour`, `day_of_week` and their like yield of seconds since
/// 1970; null when it is none of them. What is no time of a calendar yields NaN.
date_function_type date_function(std::string_view name);

} // namespace aops::promql
