#pragma once

#include "actors/cluster/cluster_map.hpp"
#include "actors/store/host_tokens.hpp"
#include "actors/support/bytes_held.hpp"
#include "actors/support/checked_state.hpp"
#include "actors/topology/windows_kept.hpp"
#include "messages/roles/topology.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace aops::actors {

struct host_topology_parts {
  store_ptr store;
  std::shared_ptr<const cluster_map> map;
  std::string node;                         ///< This one.
  std::shared_ptr<host_token_cache> tokens; ///< Shared with whom hosts send lines.
  std::shared_ptr<executor> intake;         ///< Reads batches.
  std::shared_ptr<executor> drawing; ///< One thread: works on `windows`, and nobody else does.
  std::shared_ptr<windows_kept> windows;
};

struct host_topology_state {
  explicit host_topology_state() = default;
  static inline const char* name = topology_name.data();
  host_topology_parts parts;
  /// Bytes that came and are not taken in yet.
  bytes_held::sum under_way = std::make_shared<std::atomic<int64_t>>(0);
  int64_t told_figures_ms = 0; ///< When pages heard last that figures are new.
};

using full_topology_actor =
  caf::typed_actor<caf::reacts_to<atom::tick>>::extend_with<topology_actor>;
using host_topology_pointer =
  full_topology_actor::stateful_pointer<checked_state<host_topology_state>>;

/// Takes batches of hosts and draws the picture. No scheduler thread reads or draws any.
full_topology_actor::behavior_type host_topology(host_topology_pointer self,
                                                 host_topology_parts parts);

/// Threads for that.
std::shared_ptr<executor> topology_intake_threads();
std::shared_ptr<executor> topology_drawing_thread();

} // namespace aops::actors
