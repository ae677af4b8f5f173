#pragma once

#include "messages/sample.hpp"
#include "runtime/core/expr/value.hpp"

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
  series(series&&) noexcept;
  series& operator=(series&&) noexcept;
  ~series();

  bool is_log() const { return texts_ != nullptr; }
  /// A numeric point; `unreadable_sample` for one whose text was no number. Times never decrease:
  /// one that would counts as the last one's time.
  void append(int64_t time_ms, number value);
  /// A text point of a log series.
  void append(int64_t time_ms, std::string_view text);
  /// Drops points older than this; the others keep their indexes.
  void trim_before(int64_t time_ms);
  /// Makes room for `points` in all, so that appending so many does not allocate.
  void reserve(size_t points);

  uint64_t first() const { return first_; }       ///< Index of the oldest point kept.
  uint64_t end() const { return first_ + size_; } ///< One past the newest point.
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }

  int64_t time(uint64_t i) const { return times()[slot(i)]; }
  number value(uint64_t i) const { return value_in(slot(i)); }
  std::string_view text(uint64_t i) const { return (*texts_)[i - first_]; }

  /// First index with time >= `time_ms`; `end()` when there is none.
  uint64_t lower_bound(int64_t time_ms) const;
  /// First index with time > `time_ms`; `end()` when there is none.
  uint64_t upper_bound(int64_t time_ms) const;
  /// The same, found in time O(log distance) from `hint`.
  uint64_t lower_bound(int64_t time_ms, uint64_t hint) const;
  uint64_t upper_bound(int64_t time_ms, uint64_t hint) const;

  size_t memory_bytes() const;

private:
  size_t slot(uint64_t i) const {
    size_t s = head_ + static_cast<size_t>(i - first_);
    return s < capacity_ ? s : s - capacity_;
  }
  int64_t* times() const { return store_.get(); }
  int64_t* bits() const { return store_.get() + capacity_; }
  uint64_t* kinds() const { return reinterpret_cast<uint64_t*>(store_.get() + 2 * capacity_); }
  number value_in(size_t s) const {
    int64_t raw = bits()[s];
    return (kinds()[s >> 6] >> (s & 63)) & 1 ? number::of(std::bit_cast<double>(raw))
                                             : number::of(raw);
  }
  void grow_to(size_t capacity);
  size_t push(int64_t time_ms);

  std::unique_ptr<int64_t[]> store_; ///< Times, value bits, one bit per point (set: double).
  size_t capacity_ = 0;
  size_t head_ = 0;
  size_t size_ = 0;
  uint64_t first_ = 0;
  std::unique_ptr<std::deque<std::string>> texts_; ///< Only of log series.
};

} // namespace aops::expr
