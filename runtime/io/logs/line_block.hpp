#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aops::logs {

inline constexpr int64_t without_offset = -1;

/// A line as it is kept.
struct kept_line {
  uint64_t n = 0;      ///< Unlike that of any other line of the store; grows.
  int64_t time_ns = 0; ///< Since 1970.
  uint64_t source = 0; ///< Hash of host and source.
  int64_t offset = without_offset;
  std::string host;
  std::string body; ///< What nobody here looks into.

  friend bool operator==(const kept_line&, const kept_line&) = default;
};

/// Lines as bytes: a format number, then a zstd frame.
/// @param is_packed Worth the time; else the frame is as good as uncompressed.
/// @returns ec::internal when zstd refuses, for want of memory say.
expected<std::string> pack_lines(const std::vector<kept_line>& lines, bool is_packed);

/// ec::corrupt when they are damaged.
expected<std::vector<kept_line>> unpack_lines(std::string_view bytes);

} // namespace aops::logs
