#pragma once

#include "messages/roles/cluster.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/node_id.hpp>
#include <caf/typed_actor.hpp>

#include <string>

/// What links and gate of one node say to each other. Never leaves the process.
namespace aops::actors {

/// Request to this node's gate: introduce us to the peer's gate. Answered when both are convinced;
/// `link_opened` comes before that.
struct greet_peer {
  std::string node;
  caf::strong_actor_ptr gate; ///< The peer's.
};

/// News for a link: the peer's gate takes parcels from now on.
struct link_opened {
  int64_t incarnation = 0; ///< Of the peer.
  caf::strong_actor_ptr gate;
};

/// News for the gate: the link is lost; nothing more is taken from this peer without a new hello.
struct link_closed {
  std::string node;
};

/// INTERNAL: what became of an attempt to reach the peer's port.
struct port_probed {
  uint64_t attempt = 0;
  std::string address; ///< Numeric; empty: not reached.
  uint16_t port = 0;
  std::string reason;
};

/// INTERNAL: time to dial again.
struct dial_due {
  uint64_t attempt = 0;
};

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::greet_peer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::link_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::link_closed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::port_probed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::dial_due)

namespace aops::actors {

/// LINK: carries parcels to one peer.
using link_actor = caf::typed_actor<answers<parcel, parcel>,
                                    caf::reacts_to<link_opened>,
                                    caf::reacts_to<map_changed>,
                                    // INTERNAL: pulse.
                                    caf::reacts_to<atom::tick>,
                                    caf::reacts_to<port_probed>,
                                    caf::reacts_to<dial_due>,
                                    caf::reacts_to<atom::ping>>;

/// The gate as the links of its own node know it.
using own_gate_actor =
  gate_actor::extend<caf::replies_to<greet_peer>::with<done>, caf::reacts_to<link_closed>>;

/// KEEPER OF LINKS: one link for each member.
using links_keeper_actor = caf::
  typed_actor<caf::reacts_to<map_changed>, caf::reacts_to<atom::tick>, caf::reacts_to<atom::ping>>;

} // namespace aops::actors
