#pragma once

#include "messages/cluster.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/cluster.hpp"

namespace aops {

/// ROUTER: brings a parcel to the actor it names, wherever in the cluster that is, and its answer
/// back. What cannot be brought while a slot moves waits, a bounded number of parcels.
using router_actor = caf::typed_actor<
  // Answered with a parcel whose body is the receiver's answer. ec::timed_out when its patience
  // ends, ec::unreachable when the owner has no such actor or the link broke while the answer was
  // awaited, ec::overloaded when too many wait.
  answers<parcel, parcel>,
  // Sends what has waited for the change.
  caf::reacts_to<map_changed>,
  // INTERNAL: tries again what waits, gives up what has waited too long.
  caf::reacts_to<atom::tick>,
  caf::reacts_to<atom::ping>>;

/// GATE: the only actor that peers reach.
using gate_actor = caf::typed_actor<
  // Introduces a peer: answered with the own hello, signed. ec::permission_denied.
  answers<node_hello, node_hello>,
  // A parcel of an introduced peer for an actor of this node; answered as by the router. ec::moved
  // when its slot is not owned here: it was not carried out.
  answers<parcel, parcel>,
  // Shows that actors of this node make progress.
  answers<pulse, pulse_seen>,
  caf::reacts_to<atom::ping>>;

/// MEMBERSHIP: keeps this node's lease, leads when it holds the leader's, knows who owns what.
using membership_actor = caf::typed_actor<
  // The nodes as the store and this node see them.
  asks<cluster_nodes_query, cluster_nodes>,
  // Who owns each slot.
  asks<cluster_slots_query, cluster_slots>,
  // Drains a node, or lets it take slots again; answered with its state. ec::not_found.
  asks<node_to_drain, node_drained>,
  // A link to a peer came up or broke.
  caf::reacts_to<peer_seen>,
  // Reads the store soon.
  caf::reacts_to<map_changed>,
  // Hands all slots over; answered when none is left, or so many milliseconds have passed.
  caf::replies_to<atom::stop, int64_t>::with<done>,
  // The same: a round is due at once.
  caf::reacts_to<atom::tick>,
  // Answered once this node is a member.
  caf::reacts_to<atom::ping>>;

/// CLUSTER TREES: the live supervisor trees of all nodes.
using cluster_trees_actor = caf::typed_actor<
  // The trees of all nodes, or of one; a node that does not tell in time is shown with the reason.
  asks<cluster_tree_query, cluster_trees>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
