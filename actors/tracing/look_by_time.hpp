#pragma once

#include "actors/tracing/tracing.hpp"

namespace aops::actors {

/// Looks at domains that are due, of those whose vaults are open here. People come first: nothing
/// is begun while they, or domains that were claimed, wait.
void look_round(tracing_pointer self);

/// How often it is looked which domains are due.
std::chrono::milliseconds round_every(const base::config& config);

} // namespace aops::actors
