#pragma once

#include "messages/error.hpp"
#include "runtime/base/config.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/fwd.hpp>
#include <caf/io/middleman_actor.hpp>

#include <string>

/// How CAF carries messages between nodes: mutual TLS when `cluster.certificate`, `key` and `ca`
/// are set, plain TCP on loopback only.
namespace aops::actors {

/// Whether links are secured.
bool has_certificate(const base::config& config);

/// Checks section `cluster` and prepares CAF for it; nothing is loaded for a store of one node. No
/// actor type is registered, no connection made by itself. Before the actor system is made.
///
/// ec::bad_request names the key and the fix: one of the three files missing or unreadable, key and
/// certificate that do not belong together, no certificate outside loopback, an address that
/// nobody can connect to.
expected<void> configure_transport(caf::actor_system_config& caf_config,
                                   const base::config& config);

/// Who connects: CAF's middleman, with or without TLS.
caf::io::middleman_actor connector_of(caf::actor_system& system, const base::config& config);

/// Publishes the gate at `cluster.listen`. Blocks shortly.
/// @param port Instead of that of `cluster.listen`: a gate that starts again keeps its port.
/// @return Where it listens; ec::unreachable when it cannot.
expected<base::endpoint> open_gate(caf::actor_system& system,
                                   const caf::strong_actor_ptr& gate,
                                   const base::config& config,
                                   uint16_t port = 0);

/// `cluster.advertise`, else where it listens.
std::string advertised(const base::config& config, const base::endpoint& listening);

/// This machine only: 127.0.0.0/8, ::1, localhost.
bool is_loopback(const std::string& host);

} // namespace aops::actors
