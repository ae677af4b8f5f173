#pragma once

#include "runtime/core/expr/bytecode.hpp"
#include "runtime/core/expr/exact_sum.hpp"
#include "runtime/core/expr/operators.hpp"
#include "runtime/core/expr/series.hpp"

#include <cstdint>
#include <vector>

namespace aops::expr {

inline constexpr uint64_t no_index = ~uint64_t{0};

/// The latest point with time <= `t`, searched from where it was last; `no_index` when there is
/// none.
uint64_t latest_at(const series& s, int64_t t, uint64_t& hint);

/// `t - age`, no lower than time can be.
int64_t time_before(int64_t t, int64_t age_ms);

/// The points [begin, end) inside a window.
struct point_range {
  uint64_t begin = 0, end = 0;
};

/// @param k The receiver's current point; `no_index` when it has none: the window is empty then.
/// @param hint Where `begin` was last.
point_range
points_inside(const series& s, const window_call& call, int64_t t, uint64_t k, uint64_t hint);

/// What every aggregate remembers of the points it has taken in.
struct window_position {
  point_range taken;
  uint64_t unreadable_end = 0; ///< One past the newest unreadable sample taken in.
  bool has_unreadable() const { return unreadable_end > taken.begin; }
};

/// `max` or `min`: candidates in an order in which each beats all later ones. NaN is no candidate.
class extreme_window {
public:
  void move_to(const series& s, point_range wanted, bool largest);
  /// As if it were new, with the memory it has.
  void forget();
  uint64_t begin() const { return position_.taken.begin; }
  bool has_unreadable() const { return position_.has_unreadable(); }
  bool empty() const { return size_ == 0; }
  number value(const series& s) const { return s.value(front()); }
  size_t memory_bytes() const { return ring_.capacity() * sizeof(uint32_t); }

private:
  uint64_t front() const { return absolute(ring_[head_]); }
  uint64_t back() const { return absolute(ring_[(head_ + size_ - 1) & (ring_.size() - 1)]); }
  /// The index whose low half this is: no window holds 2^32 points.
  uint64_t absolute(uint32_t low) const {
    return origin_ + static_cast<uint32_t>(low - static_cast<uint32_t>(origin_));
  }
  void push(uint64_t index);

  window_position position_;
  uint64_t origin_ = 0; ///< At or below every candidate.
  std::vector<uint32_t> ring_;
  uint32_t head_ = 0, size_ = 0;
};

/// `sum` and `avg`.
class sum_window {
public:
  void move_to(const series& s, point_range wanted);
  void forget();
  uint64_t begin() const { return position_.taken.begin; }
  bool has_unreadable() const { return position_.has_unreadable(); }
  int64_t points() const { return points_; } ///< Without NaN.
  number total() { return sum_.total(); }
  size_t memory_bytes() const { return sum_.memory_bytes(); }

private:
  template <class Window>
  friend void slide(Window& w, const series& s, point_range wanted);
  void take(const series& s, uint64_t i);
  void drop(const series& s, uint64_t i);
  void clear();

  window_position position_;
  int64_t points_ = 0;
  exact_sum sum_;
};

/// `rate`: increases between neighbouring points, a drop counting as a reset. NaN is skipped.
class rate_window {
public:
  void move_to(const series& s, point_range wanted);
  void forget();
  uint64_t begin() const { return position_.taken.begin; }
  bool has_unreadable() const { return position_.has_unreadable(); }
  /// @return false with fewer than two points, or when all have the same time.
  bool per_second(const series& s, double& out);
  size_t memory_bytes() const { return increases_.memory_bytes(); }

private:
  template <class Window>
  friend void slide(Window& w, const series& s, point_range wanted);
  void take(const series& s, uint64_t i);
  void drop(const series& s, uint64_t i);
  void clear();
  void count_increase(number from, number to, bool in);

  window_position position_;
  int64_t points_ = 0;
  uint64_t oldest_ = 0, newest_ = 0; ///< When there are points.
  exact_sum increases_;
};

/// `count`: incremental while pattern and comparison stay the same.
class count_window {
public:
  /// @param stable False when `pattern` borrows text that may have changed since the last call.
  void
  move_to(const series& s, point_range wanted, const cell& pattern, op comparison, bool stable);
  void forget() { *this = {}; }
  uint64_t begin() const { return position_.taken.begin; }
  bool has_unreadable() const { return position_.has_unreadable(); }
  reason matches(const series& s, int64_t& out) const;

private:
  template <class Window>
  friend void slide(Window& w, const series& s, point_range wanted);
  void take(const series& s, uint64_t i);
  void drop(const series& s, uint64_t i);
  void clear();
  bool match(const series& s, uint64_t i) const;

  window_position position_;
  int64_t points_ = 0, matches_ = 0; ///< Without NaN.
  cell pattern_ = cell::null();
  op comparison_ = op::done;
};

} // namespace aops::expr
