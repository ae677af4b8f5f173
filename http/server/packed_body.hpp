#pragma once

#include "messages/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace aops::http {

/// The header under which a `Content-Encoding` is passed on: the library is not to see it, for it
/// would unpack past any limit.
inline constexpr std::string_view packed_header = "X-Aops-Packed";

/// Whether a `Content-Encoding` is one that can be unpacked: `gzip`, `deflate`, `zstd`, `identity`.
bool is_known_packing(std::string_view name);

/// The body as it was before it was packed. ec::bad_request when it is damaged; ec::overloaded,
/// with no more than `most` bytes unpacked, when it is longer.
expected<std::string> unpacked_body(std::string_view packed, std::string_view how, size_t most);

} // namespace aops::http
