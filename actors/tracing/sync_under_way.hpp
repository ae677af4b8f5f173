#pragma once

#include "actors/tracing/tracing.hpp"

namespace aops::actors {

/// Makes files of hosts what they should be, and reads them again.
caf::result<configs_synced> sync(tracing_pointer self, const caller& who, const configs_to_sync& x);

} // namespace aops::actors
