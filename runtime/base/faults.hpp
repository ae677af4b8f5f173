#pragma once

#include "messages/error.hpp"

#include <string>

namespace aops::base {

/// Faults of one thing, told together: who mends one wants to know of the others.
class faults {
public:
  /// Keeps what it says when it is an error.
  template <class T>
  void note(const expected<T>& x) {
    if (!x)
      lines_.append(lines_.empty() ? "" : "\n").append(x.error().detail);
  }

  /// ec::bad_request with a line for each fault, in the order they were noted.
  expected<void> all() const {
    if (lines_.empty())
      return {};
    return fail(ec::bad_request, lines_);
  }

private:
  std::string lines_;
};

} // namespace aops::base
