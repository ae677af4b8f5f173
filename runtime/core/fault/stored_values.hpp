#pragma once

#include "messages/error.hpp"
#include "runtime/core/fault/node_value.hpp"
#include "runtime/core/fault/tree.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aops::fault {

/// What a report keeps of its tree beside the tree's digest.
struct stored_values {
  std::optional<host_facts> facts; ///< Of an adaptive tree: what it was adapted to.
  std::vector<node_value>
    nodes; ///< In tree order; none in a report of a tree that could not be evaluated.
};

/// A blob of half a byte per node after a format number.
std::string encode_values(const std::optional<host_facts>& facts,
                          std::span<const node_value> nodes);

/// @return ec::corrupt for anything but a blob of `encode_values`, this release's or the previous
/// one's.
expected<stored_values> decode_values(std::string_view blob);

} // namespace aops::fault
