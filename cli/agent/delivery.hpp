#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace aops::agent {

/// When a batch may go to which node. Knows no clock and no network.
class delivery {
public:
  explicit delivery(size_t nodes) : nodes_(nodes) {}

  size_t node() const { return node_; } ///< Which one is next.
  int64_t not_before_ms() const { return not_before_ms_; }

  void succeeded();
  /// The next node is asked at once; when none answered, all after a while, each time longer.
  void unreachable(int64_t now_ms);
  /// It has too much to do, and may say for how long. Within bounds it is believed.
  void told_to_wait(int64_t now_ms, std::optional<int64_t> seconds);
  /// It does not take what this host sends: only somebody who looks after it can help.
  void refused(int64_t now_ms);

  static constexpr int64_t first_wait_ms = 1000, most_wait_ms = 60'000, most_told_ms = 600'000;

private:
  size_t nodes_, node_ = 0, tried_ = 0;
  int64_t wait_ms_ = first_wait_ms, not_before_ms_ = 0;
};

} // namespace aops::agent
