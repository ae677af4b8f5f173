#pragma once

#include "messages/cluster_view.hpp"
#include "runtime/core/schedule/cluster_actions.hpp"
#include "runtime/core/schedule/node_memory.hpp"

#include <cstdint>
#include <vector>

/// What a node of the cluster does, given what the store said, what it remembers and a monotonic
/// clock. Pure: the membership actor and the simulator run the same functions. The rules are
/// docs/reference/cluster.md#membership; why they are so, docs/adr/0009-membership-and-leases.md.
///
/// The loop of a node: renew (in the same transaction: read the view) -> `memory.renewed(...)` ->
/// `decide` -> carry out each action in order, tell `memory` of those that succeeded -> again after
/// `renew_ms`, or at once when there is news (evidence, a peer's map_changed, a lease taken).
/// An action that fails is simply decided anew from the next view.
namespace aops::schedule {

/// What to do now, in this order; empty when all is well. Call it after each renewal, and at any
/// time with the last view (everything it asks of the store is conditional, so an old view does no
/// harm).
/// @param now_ms The node's monotonic clock.
std::vector<cluster_action> decide(const cluster_view& view,
                                   const node_memory& me,
                                   const cluster_timing& timing,
                                   int64_t now_ms);

// -- what a node may believe

/// Whether it may act on the world: its lease lasts for certain. What only reads goes on anyway.
/// @param now_ms The node's monotonic clock.
bool is_sure(const node_memory& me, const cluster_timing& timing, int64_t now_ms);

/// When it stops being sure unless it renews; monotonic.
int64_t sure_until_ms(const node_memory& me, const cluster_timing& timing);

/// Whether it leads as far as it knows.
bool leads(const cluster_view& view, const node_memory& me);

/// Whether a draining node may leave: it has no slots, or nobody could take them.
bool is_drained(const cluster_view& view, const node_memory& me);

/// Protocol the cluster speaks: that of its leader, without one that of its oldest living member; 0
/// when nobody lives.
int64_t protocol_of(const cluster_view& view);

/// How a peer looks from here, for people and routing.
enum class peer_health : uint8_t { alive, suspect, draining, gone };
peer_health health_of(const cluster_view& view,
                      const node_memory& me,
                      const cluster_timing& timing,
                      const member& peer,
                      int64_t now_ms);

} // namespace aops::schedule
