#pragma once

#include "messages/sample.hpp"
#include "runtime/core/expr/value.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace aops::expr {

/// Points of one data item in time order; a window over an endless series. Indexes are absolute:
/// the first appended point is 0, trimming does not renumber. Numeric (`kpi`) or text (`log`),
/// fixed at construction.
///
/// A ring over one allocation: 16 bytes and one bit per point, grown in small steps, at most 17
/// bytes per point from 128 points on. Trim *after* evaluating and keep what `program::lookback_*`
/// asks for: windows drop points by reading them once more.
class series {
public:
  explicit series(bool is_log = false);
  /// Another window over the same points, to begin with all of them: each is trimmed by itself, and
  /// what is appended to one is in all. The points are kept as long as the one that `keeps` has
  /// them: of those over the same points that is to be the one with the earliest begin, always.
  series shared() const;
  bool shares_with(const series& x) const { return ring_ == x.ring_; }
  void set_keeps(bool keeps) { keeps_ = keeps; }
  series(series&&) noexcept;
  series& operator=(series&&) noexcept;
  ~series();

  bool is_log() const { return ring_->texts != nullptr; }
  /// A numeric point; `unreadable_sample` for one whose text was no number. Times never decrease:
  /// one that would counts as the last one's time.
  void append(int64_t time_ms, number value);
  /// A text point of a log series.
  void append(int64_t time_ms, std::string_view text);
  /// Drops points older than this; the others keep their indexes.
  void trim_before(int64_t time_ms);
  /// Makes room for `points` in all, so that appending so many does not allocate.
  void reserve(size_t points);

  /// Index of the oldest point kept.
  uint64_t first() const { return std::max<uint64_t>(first_, ring_->first); }
  uint64_t end() const { return ring_->first + ring_->size; } ///< One past the newest point.
  bool empty() const { return first() == end(); }
  size_t size() const { return static_cast<size_t>(end() - first()); }

  int64_t time(uint64_t i) const { return ring_->times()[ring_->slot(i)]; }
  number value(uint64_t i) const { return ring_->value_in(ring_->slot(i)); }
  std::string_view text(uint64_t i) const { return (*ring_->texts)[i - ring_->first]; }
  /// Of all points that are kept, those that only others see too; the least time there is without
  /// one.
  int64_t newest_ms() const {
    return ring_->size == 0 ? INT64_MIN : ring_->times()[ring_->slot(end() - 1)];
  }

  /// First index with time >= `time_ms`; `end()` when there is none.
  uint64_t lower_bound(int64_t time_ms) const;
  /// First index with time > `time_ms`; `end()` when there is none.
  uint64_t upper_bound(int64_t time_ms) const;
  /// The same, found in time O(log distance) from `hint`.
  uint64_t lower_bound(int64_t time_ms, uint64_t hint) const;
  uint64_t upper_bound(int64_t time_ms, uint64_t hint) const;

  /// The points are counted where they are kept.
  size_t memory_bytes() const;

private:
  struct ring {
    std::unique_ptr<int64_t[]> store; ///< Times, value bits, one bit per point (set: double).
    size_t capacity = 0, head = 0, size = 0;
    uint64_t first = 0;
    std::unique_ptr<std::deque<std::string>> texts; ///< Only of log series.

    size_t slot(uint64_t i) const {
      size_t s = head + static_cast<size_t>(i - first);
      return s < capacity ? s : s - capacity;
    }
    int64_t* times() const { return store.get(); }
    int64_t* bits() const { return store.get() + capacity; }
    uint64_t* kinds() const { return reinterpret_cast<uint64_t*>(store.get() + 2 * capacity); }
    number value_in(size_t s) const {
      int64_t raw = bits()[s];
      return (kinds()[s >> 6] >> (s & 63)) & 1 ? number::of(std::bit_cast<double>(raw))
                                               : number::of(raw);
    }
    void grow_to(size_t wanted);
    size_t push(int64_t time_ms);
    void drop(size_t count);
  };

  std::shared_ptr<ring> ring_;
  uint64_t first_ : 63 = 0;
  uint64_t keeps_ : 1 = 1;
};

} // namespace aops::expr
