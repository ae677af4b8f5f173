#pragma once

#include "actors/support/checked_state.hpp"
#include "http/server/server.hpp"
#include "messages/interfaces.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <memory>

namespace aops::node {

/// What the HTTP actor of a node needs. Outlives it: a successor serves on the same socket.
struct http_front_parts {
  http::server_options options;
  std::shared_ptr<http::listener> door;   ///< Open.
  std::function<http::service()> service; ///< What is served.
  std::function<void()> end_streams;      ///< Called when the server begins to stop; may be empty.
};

struct http_front_state {
  explicit http_front_state() = default;
  static inline const char* name = "http";
  std::unique_ptr<http::http_server> server;
};

/// HTTP: serves as long as it lives. Its threads translate requests into messages and back; the
/// actor itself only owns them, so that the supervisor starts and ends them with the rest of the
/// node, first to go and last to come. Detached: ending waits for requests under way.
ready_actor::behavior_type
http_front(ready_actor::stateful_pointer<actors::checked_state<http_front_state>> self,
           std::shared_ptr<const http_front_parts> parts);

} // namespace aops::node
