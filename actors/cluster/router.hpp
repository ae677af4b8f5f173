#pragma once

#include "actors/cluster/cluster_services.hpp"
#include "actors/support/checked_state.hpp"
#include "messages/roles/cluster.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <memory>

namespace aops::actors {

class route_book;

struct router_state {
  explicit router_state();
  ~router_state();
  static inline const char* name = "router";
  std::unique_ptr<route_book> book;
};

using router_pointer = router_actor::stateful_pointer<checked_state<router_state>>;

/// Brings parcels to the actors they name, on this node or through the link to the slot's owner,
/// and the answers back.
///
/// - The actor is here: at once.
/// - The slot is ours and the actor is not there: waits a moment, longer after the slot came or
///   while it is about to go; then ec::unreachable.
/// - The slot is nobody's, or moves, or its owner's link is down, or the owner answered ec::moved:
///   waits until the map changes or patience ends (ec::timed_out).
/// - A parcel that was sent and not refused is never sent again: what became of it is unknown
///   (ec::unreachable).
/// - For a certain node: once, without waiting. For `every_node`: one way to all.
/// - More than `most_waiting_per_slot` or `most_waiting` would wait: ec::overloaded.
router_actor::behavior_type router(router_pointer self, cluster_services_ptr services);

inline constexpr size_t most_waiting_per_slot = 64;
inline constexpr size_t most_waiting = 4096;

} // namespace aops::actors
