#include "cli/agent/delivery.hpp"

#include <algorithm>

namespace aops::agent {

void delivery::succeeded() {
  tried_ = 0;
  wait_ms_ = first_wait_ms;
  not_before_ms_ = 0;
}

void delivery::unreachable(int64_t now_ms) {
  node_ = (node_ + 1) % nodes_;
  if (++tried_ < nodes_)
    return;
  tried_ = 0;
  not_before_ms_ = now_ms + wait_ms_;
  wait_ms_ = std::min(wait_ms_ * 2, most_wait_ms);
}

void delivery::told_to_wait(int64_t now_ms, std::optional<int64_t> seconds) {
  tried_ = 0;
  auto wait = seconds ? std::clamp<int64_t>(*seconds, 0, most_told_ms / 1000) * 1000 : wait_ms_;
  not_before_ms_ = now_ms + std::max(wait, first_wait_ms);
  if (!seconds)
    wait_ms_ = std::min(wait_ms_ * 2, most_wait_ms);
}

void delivery::refused(int64_t now_ms) {
  tried_ = 0;
  not_before_ms_ = now_ms + most_wait_ms;
}

} // namespace aops::agent
