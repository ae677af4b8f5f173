#pragma once

#include "actors/cluster/cluster_services.hpp"
#include "actors/cluster/link_messages.hpp"
#include "actors/supervisor/supervisor.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace aops::actors {

struct links_keeper_state {
  explicit links_keeper_state() = default;
  static inline const char* name = "links-keeper";
  cluster_services_ptr services;
  std::shared_ptr<executor> dialer;
  std::set<std::string> links;                   ///< Nodes that links were started for.
  std::map<std::string_view, int64_t> mailboxes; ///< Of this node's busiest actors, as last told.
};

using links_keeper_pointer =
  links_keeper_actor::stateful_pointer<checked_state<links_keeper_state>>;

/// Keeps one link for each other member of the cluster map, and tells the links of its changes.
/// Counts what waits in the actors of this node that carry the load, for `peer_pulses`.
/// @param dialer Where ports are probed; null: a small pool of its own.
links_keeper_actor::behavior_type links_keeper(links_keeper_pointer self,
                                               cluster_services_ptr services,
                                               std::shared_ptr<executor> dialer);

} // namespace aops::actors
