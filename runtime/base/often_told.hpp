#pragma once

#include <cstdint>
#include <optional>
#include <utility>

namespace aops::base {

/// What may happen thousands of times: the log is told of the first few, then of one a minute with
/// how many were left out. For one thread.
class often_told {
public:
  static constexpr int64_t first = 3, pause_ms = 60'000;

  /// It happened once more. @returns How many were left out before this one, when it is to be told.
  std::optional<int64_t> due(int64_t now_ms) {
    if (told_ >= first && now_ms - last_ms_ < pause_ms) {
      ++untold_;
      return std::nullopt;
    }
    ++told_;
    last_ms_ = now_ms;
    return std::exchange(untold_, 0);
  }

  int64_t untold() const { return untold_; } ///< Left out since the last one that was told.

private:
  int64_t told_ = 0, last_ms_ = 0, untold_ = 0;
};

} // namespace aops::base
