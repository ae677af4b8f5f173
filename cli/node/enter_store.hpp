#pragma once

#include "cli/node/assemble.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace aops::node {

/// Opens the store and takes this node's place in it: fills the parts that come from there. Errors
/// as `open_store`, and ec::bad_request or ec::conflict when the node does not belong in the
/// cluster it finds.
/// @param join `host:port` of a node that must be of that cluster; empty: none is asked for.
expected<void> enter_store(parts& p,
                           const std::string& join,
                           std::chrono::seconds patience,
                           const std::function<bool(std::chrono::milliseconds)>& wait);

} // namespace aops::node
