#pragma once

#include "cli/agent/agent_config.hpp"

namespace aops::agent {

inline constexpr int exit_ok = 0, exit_failed = 1, exit_usage = 2;

/// Looks at this host, tells nodes and exports, until SIGTERM or SIGINT. Prints `ready`, with the
/// address of the exporter, once it does. @returns An exit code.
int run(const agent_config& config);

/// Looks twice, a period apart, and prints what would be sent.
int print_once(const agent_config& config);

} // namespace aops::agent
