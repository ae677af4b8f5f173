#pragma once

#include "cli/aops/text/json.hpp"

namespace aops::cli::tests {

inline constexpr const char* node_a = "018e4c0a000000000000000000000001";
inline constexpr const char* node_b = "018e4c0b000000000000000000000002";

inline json node_row(const char* id, const char* state, bool leads, int slots) {
  return {{"node", id},
          {"incarnation", 2},
          {"address", "192.0.2.1:11112"},
          {"http", "https://192.0.2.1:11111"},
          {"version", "0.2.0"},
          {"state", state},
          {"is_leader", leads},
          {"slots", slots},
          {"hosts", 150},
          {"jobs", 3},
          {"lease_until", 1709294405},
          {"started", 1709290000},
          {"lease_age", 0.42}};
}

/// A reply of `/cluster/nodes`.
inline json two_nodes(int slots_of_b = 126) {
  return {{"leader_epoch", 7},
          {"map_version", 12},
          {"nodes",
           json::array({node_row(node_a, "alive", true, 256 - slots_of_b),
                        node_row(node_b, "suspect", false, slots_of_b)})}};
}

} // namespace aops::cli::tests
