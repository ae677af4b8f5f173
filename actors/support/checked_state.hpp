#pragma once

#include <type_traits>

namespace aops::actors {

/// A state type as `caf::stateful_actor` may have it: no aggregate. In C++20 an aggregate whose
/// first member can be made from a pointer is silently initialized with the actor itself.
/// `stateful_pointer<checked_state<host_state>>` refuses to compile until the state has
/// `explicit host_state() = default;`.
template <class S>
requires(!std::is_aggregate_v<S>) using checked_state = S;

} // namespace aops::actors
