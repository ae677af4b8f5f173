#pragma once

#include "actors/support/directory.hpp"
#include "messages/answer.hpp"
#include "messages/error.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/fwd.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <string_view>
#include <utility>

namespace aops::actors {

/// A request to an actor from a plain thread: waits for the answer, at most `deadline`.
/// @param deadline Finite, more than 0.
/// @return The answer; ec::timed_out, ec::unreachable (no such actor, or it ended), or its error.
expected<caf::message> call_message(caf::actor_system& system,
                                    const caf::strong_actor_ptr& target,
                                    std::chrono::milliseconds deadline,
                                    caf::message request);

/// Asks an actor from a plain thread, as `call_message`. Never from inside an actor.
///
///     auto tree = call<tree_status>(system, root, 2s, get_tree{});
template <class Reply, class Handle, class... Args>
expected<Reply> call(caf::actor_system& system,
                     const Handle& target,
                     std::chrono::milliseconds deadline,
                     Args&&... args) {
  static_assert(is_answer_of<Reply, Handle, Args...>(), "the interface has no such request");
  return value_of<Reply>(call_message(system,
                                      caf::actor_cast<caf::strong_actor_ptr>(target),
                                      deadline,
                                      caf::make_message(std::forward<Args>(args)...)));
}

/// Asks the actor of a name on this node, as `call`; what it answers follows from the role.
///
///     auto left = call_named<membership_actor>(system, *names, membership_name, 2s, atom::stop_v,
///     x);
template <class Role, class... Args>
requires understands<Role, Args...> expected<reply_of<Role, Args...>>
call_named(caf::actor_system& system,
           const directory& names,
           std::string_view name,
           std::chrono::milliseconds deadline,
           Args&&... args) {
  auto whom = names.find(name);
  if (!whom)
    return fail(down_error(name));
  return value_of<reply_of<Role, Args...>>(
    call_message(system, whom, deadline, caf::make_message(std::forward<Args>(args)...)));
}

} // namespace aops::actors
