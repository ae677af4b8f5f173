#pragma once

#include "messages/error.hpp"

#include <ostream>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace aops {

/// How Boost.Test shows a code.
inline std::ostream& boost_test_print_type(std::ostream& out, ec code) {
  return out << to_string(code);
}

} // namespace aops

namespace aops::tests {

/// The value, or a test error that names what went wrong.
template <class T>
T ok(expected<T> x) {
  if (!x)
    throw std::runtime_error(to_string(x.error()));
  if constexpr (!std::is_void_v<T>)
    return std::move(*x);
}

/// The error's code; a success is a test error.
template <class T>
ec failure_of(const expected<T>& x) {
  if (x)
    throw std::runtime_error("a success where a failure was expected");
  return x.error().code;
}

} // namespace aops::tests
