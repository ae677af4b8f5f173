#pragma once

#include "messages/error.hpp"

#include <fmt/format.h>

#include <string_view>

namespace aops::task {

/// ec::bad_request with `at: why`; `at` is the member or the line that is wrong.
inline tl::unexpected<error> wrong(std::string_view at, std::string_view why) {
  return fail(ec::bad_request, fmt::format("{}: {}", at, why));
}

} // namespace aops::task
