#pragma once

#include "runtime/core/promql/syntax.hpp"

#include <string>

namespace aops::promql {

/// A query in the one form that it is best read in, on one line.
std::string to_string(const node& x);

/// `1h30m`, as Prometheus writes durations.
std::string duration_text(int64_t ms);

} // namespace aops::promql
