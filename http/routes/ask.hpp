#pragma once

#include "http/server/route.hpp"
#include "messages/answer.hpp"

#include <caf/make_message.hpp>
#include <caf/message.hpp>

#include <functional>
#include <string_view>

namespace aops::http {

/// How routes reach the actors of this node: by name, with a deadline. The node's assembly provides
/// it.
using node_port = std::function<expected<caf::message>(
  std::string_view name, std::chrono::milliseconds deadline, caf::message request)>;

/// Asks the actor of a name on behalf of a caller.
template <class Role, class Reply, class Request>
expected<Reply> ask_actor(const node_port& port,
                          std::string_view name,
                          const request_context& context,
                          Request request) {
  static_assert(is_answer_of<Reply, Role, caller, Request>(), "the role has no such request");
  return value_of<Reply>(
    port(name, context.left(), caf::make_message(context.who, std::move(request))));
}

/// A row of a route table: request → reply, method, path, who may, asked of, summary. One whose
/// message the role does not understand does not compile.
template <class Role, class Request, class Reply>
route ask(const node_port& port,
          method verb,
          std::string path,
          may who,
          std::string_view name,
          std::string summary) {
  return make_route<Request, Reply>(verb,
                                    std::move(path),
                                    who,
                                    std::move(summary),
                                    [port, name](const request_context& context, Request request) {
                                      return ask_actor<Role, Reply>(
                                        port, name, context, std::move(request));
                                    });
}

/// The same for what is carried out once for each `Idempotency-Key`: whoever is asked keeps what he
/// answered.
inline route once_for_key(route r) {
  r.is_repeatable = true;
  return r;
}

} // namespace aops::http
