#pragma once

#include "actors/host/host_body.hpp"

#include <caf/all.hpp>

namespace aops::actors {

/// Asks an actor that the directory knows by name; `then` gets the answer or an error, while `self`
/// works.
template <class Handle, class Reply, class Request>
void ask_of(host_pointer self,
            const host_services& services,
            std::string_view name,
            std::chrono::milliseconds deadline,
            Request request,
            std::function<void(expected<Reply>)> then) {
  auto whom = services.names->find_as<Handle>(name);
  if (!whom) {
    then(fail(ec::unreachable, std::string{name} + " is down"));
    return;
  }
  self->request(whom, deadline, std::move(request))
    .then([then](Reply& reply) { then(std::move(reply)); },
          [then](caf::error& e) { then(fail(from_caf(e))); });
}

template <class Handle, class Reply, class Request>
void host_body::ask(std::string_view name,
                    std::chrono::milliseconds deadline,
                    Request request,
                    std::function<void(expected<Reply>)> then) {
  ask_of<Handle, Reply>(self_, *services_, name, deadline, std::move(request), std::move(then));
}

} // namespace aops::actors
