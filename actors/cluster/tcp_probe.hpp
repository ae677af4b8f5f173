#pragma once

#include <chrono>
#include <string>

namespace aops::actors {

/// Whether `host:port` refuses connections: its machine is up and says that nobody listens there.
/// Silence, an unreachable network and a name that does not resolve are no refusal. Blocks.
/// @param patience How long it waits for the answer, not counting the name's resolution.
bool refuses_connections(const std::string& address,
                         std::chrono::milliseconds patience = std::chrono::milliseconds{300});

} // namespace aops::actors
