#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace aops::base {

/// Bytes of the character that a text begins with. 0 when there is none: the text is empty, or what
/// it begins with is no UTF-8 (cut off, longer than need be, a surrogate, beyond U+10FFFF).
size_t utf8_length(std::string_view text);

/// @param point Up to U+10FFFF.
void append_utf8(std::string& out, uint32_t point);

} // namespace aops::base
