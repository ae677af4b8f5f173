#pragma once

#include "http/sse/sse_hub.hpp"
#include "messages/roles.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace aops::http {

/// Hears how jobs get on and tells this node's streams.
progress_actor::behavior_type progress_bridge(progress_actor::pointer self,
                                              std::shared_ptr<sse_hub> hub);

} // namespace aops::http
