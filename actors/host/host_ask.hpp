#pragma once

#include "actors/host/host_body.hpp"
#include "actors/support/ask_message.hpp"

#include <caf/all.hpp>

namespace aops::actors {

/// The store or a peer is away for now: asking again can help.
inline bool is_passing(const error& why) {
  return why == ec::store_unreachable || why == ec::unreachable || why == ec::timed_out ||
         why == ec::overloaded;
}

/// Asks an actor that the directory knows by name; `then` gets the answer or an error, while `self`
/// works.
template <class Handle, class Reply, class Request>
void ask_of(host_pointer self,
            const host_services& services,
            std::string_view name,
            std::chrono::milliseconds deadline,
            Request request,
            std::function<void(expected<Reply>)> then,
            errand with = {}) {
  auto whom = services.names->find_as<Handle>(name);
  if (!whom) {
    then(fail(ec::unreachable, std::string{name} + " is down"));
    return;
  }
  ask_message(
    self,
    caf::actor_cast<caf::strong_actor_ptr>(whom),
    deadline,
    caf::make_message(std::move(request)),
    [then = std::move(then)](expected<caf::message> answer) {
      then(value_of<Reply>(std::move(answer)));
    },
    std::move(with));
}

template <class Handle, class Reply, class Request>
void host_body::ask(std::string_view name,
                    std::chrono::milliseconds deadline,
                    Request request,
                    std::function<void(expected<Reply>)> then) {
  errand with;
  with.owner = record_.owner;
  with.host = record_.host_id;
  ask_of<Handle, Reply>(
    self_, *services_, name, deadline, std::move(request), std::move(then), std::move(with));
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
