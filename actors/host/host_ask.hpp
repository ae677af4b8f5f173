#pragma once

#include "actors/host/host_body.hpp"

#include <caf/all.hpp>

namespace aops::actors {

template <class Handle, class Reply, class Request>
void host_body::ask(std::string_view name, std::chrono::milliseconds deadline, Request request,
                    std::function<void(expected<Reply>)> then) {
  auto whom = services_->names->find_as<Handle>(name);
  if (!whom) {
    then(fail(ec::unreachable, std::string{name} + " is down"));
    return;
  }
  self_->request(whom, deadline, std::move(request))
    .then([then](Reply& reply) { then(std::move(reply)); },
          [then](caf::error& e) { then(fail(from_caf(e))); });
}

} // namespace aops::actors
