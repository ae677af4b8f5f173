#pragma once

#include "cli/node/assemble.hpp"
#include "messages/error.hpp"
#include "runtime/base/config.hpp"

#include <memory>

namespace aops::node {

/// Exit codes of `aops-node`.
inline constexpr int exit_ok = 0, exit_failed = 1, exit_usage = 2, exit_found = 10, exit_stuck = 70;

/// Runs a node until SIGTERM or SIGINT; drains, then returns.
/// @param join `host:port` of a node whose cluster this one must be part of; empty: of the store's.
/// @param lists What it is made of.
/// @returns An exit code.
int run(std::shared_ptr<const base::config> config,
        const std::string& join,
        node_lists lists = product_lists());

} // namespace aops::node
