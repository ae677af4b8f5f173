#pragma once

#include "runtime/core/promql/syntax.hpp"

namespace aops::promql {

/// Null when there is none of this name.
const function* find_function(std::string_view name);
/// Whether it is one that Prometheus calls experimental, which are left out.
bool is_experimental(std::string_view name);

} // namespace aops::promql
