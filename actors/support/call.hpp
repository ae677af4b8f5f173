#pragma once

#include "messages/caf_error.hpp"
#include "messages/error.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/fwd.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <caf/response_type.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <type_traits>
#include <utility>

namespace aops::actors {

/// A request to an actor from a plain thread: waits for the answer, at most `deadline`.
/// @param deadline Finite, more than 0.
/// @return The answer; ec::timed_out, ec::unreachable (no such actor, or it ended), or its error.
expected<caf::message> call_message(caf::actor_system& system,
                                    const caf::strong_actor_ptr& target,
                                    std::chrono::milliseconds deadline,
                                    caf::message request);

/// The one value of an answer.
template <class Reply>
expected<Reply> value_of(expected<caf::message> answer) {
  if (!answer)
    return fail(std::move(answer.error()));
  if constexpr (std::is_void_v<Reply>) {
    if (answer->empty())
      return {};
  } else if (answer->template match_elements<Reply>()) {
    return std::move(answer->template get_mutable_as<Reply>(0));
  }
  return fail(ec::internal, "the answer has another type than was asked for");
}

/// Does the interface `Handle` answer these arguments with a `Reply`? Untyped handles may.
template <class Reply, class Handle, class... Args>
constexpr bool is_answer_of() {
  if constexpr (std::is_same_v<Handle, caf::actor>) {
    return true;
  } else {
    using arguments = caf::detail::type_list<
      typename caf::detail::implicit_conversions<std::decay_t<Args>>::type...>;
    using answer = caf::response_type_unbox<caf::signatures_of_t<Handle>, arguments>;
    if constexpr (!answer::valid)
      return false;
    else if constexpr (std::is_void_v<Reply>)
      return caf::detail::tl_empty<typename answer::type>::value ||
             std::is_same_v<typename answer::type, caf::detail::type_list<void>>;
    else
      return std::is_same_v<typename answer::type, caf::detail::type_list<Reply>>;
  }
}

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

} // namespace aops::actors
