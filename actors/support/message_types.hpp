#pragma once

#include <caf/fwd.hpp>

namespace aops::actors {

/// Registers every type of `messages/all.hpp` and the texts of our errors. Before the actor
/// system is made.
void add_message_types(caf::actor_system_config& config);

} // namespace aops::actors
