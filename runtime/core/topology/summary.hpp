#pragma once

#include "runtime/core/topology/picture.hpp"

namespace aops::topology {

struct summary_query {
  bool is_by_group = false;
  std::string group; ///< Not by group: only hosts of this one, others as one node for each group.
  int64_t now_ms = 0;
  size_t limit = topology_summary_query::usual_nodes, offset = 0;
  size_t most_pairs = 5'000;
  size_t most_drawn = 500'000; ///< Processes and links that are looked at.
};

/// The picture by hosts or groups of hosts. The same for the same windows, whoever asks. `code` and
/// `missing` are left to the caller.
topology_summary
summary_of(const world& w, const viewer& who, const summary_query& q, const topology_rules& rules);

} // namespace aops::topology
