#pragma once

#include <caf/actor_system.hpp>
#include <caf/behavior.hpp>
#include <caf/detail/behavior_impl.hpp>
#include <caf/detail/implicit_conversions.hpp>
#include <caf/detail/serialized_size.hpp>
#include <caf/detail/type_list.hpp>
#include <caf/message.hpp>
#include <caf/type_erased_tuple.hpp>

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

/// All that leans on the inside of CAF 0.17, which may change without notice, and when each may go.
/// Nothing else names `caf::detail`.
namespace aops::caf_inside {

/// Types of a request and of its answer, as an interface of 0.17 lists them. Goes with 0.18, whose
/// signatures are function types.
template <class... Ts>
using type_list = caf::detail::type_list<Ts...>;

/// The type under which an argument travels. Goes likewise.
template <class T>
using as_sent = typename caf::detail::implicit_conversions<std::decay_t<T>>::type;

/// Bytes of a message between nodes. Goes when CAF bounds the messages of a connection, or offers
/// the size.
inline size_t serialized_size(caf::actor_system& system, const caf::message& x) {
  return caf::detail::serialized_size(system, x);
}

/// Takes an answer of any type, once: CAF's handlers match fixed types only. Goes when a request
/// takes a handler for any answer, as that of 0.18 does.
class any_answer final : public caf::detail::behavior_impl {
public:
  using taker = std::function<void(caf::type_erased_tuple&)>;

  /// As the handler of a response.
  static caf::behavior handler(taker take) {
    return {
      caf::behavior::impl_ptr{caf::make_counted<any_answer>(std::move(take)).release(), false}};
  }

  explicit any_answer(taker take) : take_(std::move(take)) {}

  caf::match_case::result invoke_empty(caf::detail::invoke_result_visitor& v) override {
    caf::message nothing;
    return invoke(v, nothing);
  }
  caf::match_case::result invoke(caf::detail::invoke_result_visitor&,
                                 caf::type_erased_tuple& content) override {
    if (auto take = std::exchange(take_, nullptr))
      take(content);
    return caf::match_case::match;
  }

private:
  taker take_;
};

} // namespace aops::caf_inside
