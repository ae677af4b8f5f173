#include "cli/node/http_front.hpp"

#include "actors/support/prepare.hpp"

#include <caf/all.hpp>

#include <stdexcept>

namespace aops::node {

ready_actor::behavior_type
http_front(ready_actor::stateful_pointer<actors::checked_state<http_front_state>> self,
           std::shared_ptr<const http_front_parts> parts) {
  actors::prepare(self);
  auto server = http::http_server::start(parts->options, parts->service(), parts->door);
  if (!server)
    throw std::runtime_error(to_string(server.error())); // A failed start, for the supervisor.
  self->state.server = std::move(*server);
  if (parts->end_streams)
    self->state.server->on_stop(parts->end_streams);
  return {[](atom::ping) {}};
}

} // namespace aops::node
