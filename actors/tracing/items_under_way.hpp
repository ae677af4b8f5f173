#pragma once

#include "actors/tracing/tracing.hpp"

namespace aops::actors {

/// Stores what files should be: as given, or as they are on a host of the domain.
caf::result<tracing_done>
add_items(tracing_pointer self, const caller& who, const items_to_trace& asked);

} // namespace aops::actors
