#pragma once

#include <cstddef>
#include <string_view>

namespace aops::base {

/// As much of a text as so many bytes take, no character of UTF-8 cut.
inline std::string_view fitting(std::string_view text, size_t most) {
  if (text.size() <= most)
    return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U)
    --most;
  return text.substr(0, most);
}

} // namespace aops::base
