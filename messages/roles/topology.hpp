#pragma once

#include "messages/roles/role.hpp"
#include "messages/topology.hpp"
#include "messages/types/topology.hpp"
#include "messages/upstream.hpp"

#include <string_view>

namespace aops {

namespace actors {
inline constexpr std::string_view topology_name = "topology";
}

/// TOPOLOGY: what agents of hosts tell of processes and links, and the picture of it over all
/// nodes. Each caller sees hosts that he sees; others are addresses to him.
using topology_actor = caf::typed_actor<
  // Replaces the batch of the host of the token. ec::session_invalid when nobody has the token;
  // ec::bad_request with the field; ec::overloaded when too much waits or is kept.
  answers<batch_to_take, batch_taken>,
  // The picture, now or then. ec::not_found when the caller has no such host.
  asks<topology_query, topology_entities>,
  // The same by hosts or groups, with what lies between them.
  asks<topology_summary_query, topology_summary>,
  // How many hosts tell, and how their links are.
  asks<topology_status_query, topology_status>,
  // Which links began and ended. ec::not_found when the caller has no such host.
  asks<topology_changes_query, topology_changes>,
  // Which hosts of the caller a host needed. ec::not_found when he has no such host.
  asks<dependencies_query, dependencies>,
  // The same in slices of time, and what is stored of check items on these hosts. ec::not_found
  // when he has no such host.
  asks<upstream_query, upstream_found>,
  // What hosts told this node alone.
  answers<node_windows_query, node_windows>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
