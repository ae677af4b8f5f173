#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace aops::logs {

/// How many lines there are in equal stretches of a range of time, the end not included.
class buckets {
public:
  /// @param count At least 1.
  buckets(int64_t start_ns, int64_t end_ns, size_t count)
      : start_(start_ns), end_(std::max(end_ns, start_ns)), counts_(std::max<size_t>(count, 1)) {}

  int64_t start_ns() const { return start_; }
  int64_t end_ns() const { return end_; }

  /// Where a stretch begins; of the number after the last one, the end.
  int64_t begin_of(size_t n) const {
    auto span = end_ - start_, count = static_cast<int64_t>(counts_.size()),
         k = static_cast<int64_t>(n);
    return start_ + span / count * k + span % count * k / count;
  }

  /// The stretch that a moment of the range is in.
  size_t at(int64_t time_ns) const {
    size_t low = 0, high = counts_.size(); // It begins at or before the moment; it does not.
    while (high - low > 1) {
      auto middle = (low + high) / 2;
      (begin_of(middle) <= time_ns ? low : high) = middle;
    }
    return low;
  }

  bool has(int64_t time_ns) const { return time_ns >= start_ && time_ns < end_; }

  void add(int64_t time_ns, int64_t count = 1) {
    if (has(time_ns))
      counts_[at(time_ns)] += count;
  }

  /// Whether all moments from one to another are in one stretch.
  bool are_together(int64_t first_ns, int64_t last_ns) const {
    return has(first_ns) && has(last_ns) && at(first_ns) == at(last_ns);
  }

  const std::vector<int64_t>& counts() const { return counts_; }

private:
  int64_t start_, end_;
  std::vector<int64_t> counts_;
};

} // namespace aops::logs
