#pragma once

#include "actors/host/host_body.hpp"
#include "actors/support/ask.hpp"

#include <caf/all.hpp>

namespace aops::actors {

/// The store or a peer is away for now: asking again can help.
inline bool is_passing(const error& why) {
  return why == ec::store_unreachable || why == ec::unreachable || why == ec::timed_out ||
         why == ec::overloaded;
}

template <class Handle, class Reply, class Request>
void host_body::ask(std::string_view name,
                    std::chrono::milliseconds deadline,
                    Request request,
                    std::function<void(expected<Reply>)> then) {
  errand with;
  with.owner = record_.owner;
  with.host = record_.host_id;
  actors::ask_for<Handle>(
    std::move(with), self_, *services_->names, name, deadline, std::move(then), std::move(request));
}

template <class T>
std::shared_ptr<kept_promise<T>> host_body::keep_promise() {
  auto last_word =
    [services = services_, id = record_.host_id, epoch = held_.epoch, is_leaving = is_leaving_] {
      if (*is_leaving || services->slots->fence_of(id).epoch != epoch)
        return error{ec::moved, "host " + id + " moves to another node"};
      return error{ec::unreachable, "host " + id + " ended or gave up waiting"};
    };
  return std::make_shared<kept_promise<T>>(self_->make_response_promise<T>(), std::move(last_word));
}

} // namespace aops::actors
