#pragma once

#include "messages/error.hpp"
#include "runtime/base/config.hpp"

#include <memory>

namespace aops::node {

/// Exit codes of `aops-node`.
inline constexpr int exit_ok = 0, exit_failed = 1, exit_usage = 2, exit_stuck = 70;

/// Runs a node until SIGTERM or SIGINT; drains, then returns.
/// @param join `host:port` of a node whose cluster this one must be part of; empty: of the store's.
/// @returns An exit code.
int run(std::shared_ptr<const base::config> config, const std::string& join);

} // namespace aops::node
