#pragma once

#include <cstdint>
#include <string>

namespace aops::simulate {

/// What the cluster itself costs at a size: counted in simulated runs without faults, with the
/// leader killed, with a node that joins; times of `decide` measured on this machine.
struct scale_figures {
  int nodes = 0;
  int64_t hosts = 0;
  // At rest, per second, the whole cluster.
  double renewals = 0, statements = 0, rows_read = 0, pulses = 0;
  double bytes_per_node = 0; ///< Sent and received over links.
  double sample_rows = 0;    ///< Of the hosts, not of the cluster: for comparison.
  // The leader killed.
  int64_t takeover_ms = 0;
  int64_t takeover_news = 0, takeover_map_reads = 0, takeover_plans = 0;
  // A node joins.
  int64_t join_ms = 0, join_plans = 0, join_moves = 0;
  // One call of `decide`, in microseconds.
  double follower_us = 0, leader_us = 0, death_us = 0, join_us = 0;
};

/// @param nodes 2 to 250.
scale_figures measure_scale(int nodes, int64_t hosts);

std::string to_table(const scale_figures& x);

} // namespace aops::simulate
