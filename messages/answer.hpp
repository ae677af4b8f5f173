#pragma once

#include "messages/caf_error.hpp"
#include "messages/caf_inside.hpp"
#include "messages/error.hpp"

#include <caf/actor.hpp>
#include <caf/message.hpp>
#include <caf/response_type.hpp>
#include <caf/type_erased_tuple.hpp>
#include <caf/typed_actor.hpp>

#include <type_traits>
#include <utility>

/// What an actor answers: which type by its role, and the value in what came.
namespace aops {

namespace detail {

template <class Role, class... Args>
using answer_of = caf::response_type_unbox<caf::signatures_of_t<Role>,
                                           caf_inside::type_list<caf_inside::as_sent<Args>...>>;

template <class Answer>
struct one_value;
template <>
struct one_value<caf_inside::type_list<>> {
  using type = void;
};
template <class T>
struct one_value<caf_inside::type_list<T>> {
  using type = T;
};

} // namespace detail

/// Whether the role has a handler for these arguments.
template <class Role, class... Args>
concept understands = detail::answer_of<Role, Args...>::valid;

/// What the role answers these arguments with; void when with nothing.
template <class Role, class... Args>
requires understands<Role, Args...>
using reply_of = typename detail::one_value<typename detail::answer_of<Role, Args...>::type>::type;

/// Does the role answer these arguments with a `Reply`? Untyped handles may.
template <class Reply, class Role, class... Args>
constexpr bool is_answer_of() {
  if constexpr (std::is_same_v<Role, caf::actor>)
    return true;
  else if constexpr (understands<Role, Args...>)
    return std::is_same_v<reply_of<Role, Args...>, Reply>;
  else
    return false;
}

/// The one value of an answer, taken out of it unless others share it; the error it is;
/// ec::internal when it is something else.
template <class Reply>
expected<Reply> value_of(caf::type_erased_tuple& answer) {
  if constexpr (std::is_void_v<Reply>) {
    if (answer.empty())
      return {};
  } else if (answer.match_elements<Reply>()) {
    return answer.move_if_unshared<Reply>(0);
  }
  if (answer.match_elements<caf::error>())
    return fail(from_caf(answer.get_as<caf::error>(0)));
  return fail(ec::internal, "the answer has another type than was asked for");
}

/// The same of an answer that came as a message, or did not come.
template <class Reply>
expected<Reply> value_of(expected<caf::message> answer) {
  if (!answer)
    return fail(std::move(answer.error()));
  return value_of<Reply>(static_cast<caf::type_erased_tuple&>(*answer));
}

} // namespace aops
