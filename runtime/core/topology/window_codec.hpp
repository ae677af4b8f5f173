#pragma once

#include "messages/error.hpp"
#include "runtime/core/topology/window.hpp"

#include <string>
#include <string_view>

namespace aops::topology {

/// Bytes of a window, for another node. A window whose links do not fit is told without the last of
/// them, as one that was cut.
/// @param most_bytes About; what is beside links is bounded by itself.
std::string encode_window(const host_window& x, size_t most_bytes);

/// ec::corrupt.
expected<host_window> decode_window(std::string_view bytes);

} // namespace aops::topology
