#pragma once

#include "messages/rounds.hpp"
#include "messages/topology.hpp"

/// What is known of the hosts that another one needed: what a leaf with `scope: upstream` asks. See
/// docs/diagnosis.md.
namespace aops {

/// Which hosts a host needed in each of some slices of time, and what is stored of check items on
/// them.
struct upstream_query {
  std::string host_id;
  std::vector<std::string> check_items;
  std::vector<int64_t> bounds_ms; ///< n+1 bounds of n neighbouring slices; 2 to `most_bounds`.
  int64_t depth = 1;              ///< Links from host to host; 1 to 8.

  static constexpr size_t most_bounds = 10'000;
};
AOPS_WIRE(upstream_query, host_id, check_items, bounds_ms, depth)

/// A slice of these.
struct upstream_slice {
  bool is_known = false; ///< Whether the agent of the host told anything in it.
  /// The host needed more hosts than are looked at, from so many links away on; 0: it did not.
  int64_t cut_from = 0;
  std::vector<dependency> hosts; ///< As in `dependencies`.
};
AOPS_WIRE(upstream_slice, is_known, cut_from, hosts)

/// A host that was needed in any of the slices.
struct upstream_host {
  std::string host_id, host_name;
  int64_t since_ms = 0, until_ms = 0; ///< Judged from then to then, but for the deviations.
  std::vector<deviation> deviations;
  std::vector<last_result> results; ///< By check item and start; those that touch the slices.
};
AOPS_WIRE(upstream_host, host_id, host_name, since_ms, until_ms, deviations, results)

struct upstream_found {
  std::vector<upstream_slice> slices; ///< One for each.
  std::vector<upstream_host> hosts;   ///< In the order of their ids.
  bool is_cut = false;                ///< There are more results than are read.
};
AOPS_WIRE(upstream_found, slices, hosts, is_cut)

} // namespace aops
