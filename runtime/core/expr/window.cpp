#include "runtime/core/expr/window.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace aops::expr {

namespace {

/// Steps tried before a search: evaluation mostly goes on by one point.
constexpr int nearby = 4;

/// First index with time >= `from`, searched from `hint`.
uint64_t first_from(const series& s, int64_t from, uint64_t hint) {
  auto i = std::clamp(hint, s.first(), s.end());
  for (int step = 0; step < nearby && i < s.end() && s.time(i) < from; ++step)
    ++i;
  bool found = (i == s.end() || s.time(i) >= from) && (i == s.first() || s.time(i - 1) < from);
  return found ? i : s.lower_bound(from, i);
}

/// `a <= b`, neither NaN.
bool at_most(number a, number b) {
  if (a.is_integer() && b.is_integer())
    return a.integer() <= b.integer();
  if (!a.is_integer() && !b.is_integer())
    return a.real() <= b.real();
  return compare(a, b) <= 0;
}

/// True when the points taken in are of no use for the wanted ones, or it costs less to begin anew.
bool must_reseed(const series& s, point_range taken, point_range wanted) {
  if (wanted.begin < taken.begin || wanted.end < taken.end || wanted.begin > taken.end)
    return true;
  if (taken.begin < wanted.begin && taken.begin < s.first())
    return true; // Trimmed before it could be taken out.
  return (wanted.end - taken.end) + (wanted.begin - taken.begin) > wanted.end - wanted.begin;
}

} // namespace

uint64_t latest_at(const series& s, int64_t t, uint64_t& hint) {
  auto i = std::clamp(hint, s.first(), s.end());
  for (int step = 0; step < nearby && i + 1 < s.end() && s.time(i + 1) <= t; ++step)
    ++i;
  bool found = i < s.end() && s.time(i) <= t && (i + 1 == s.end() || s.time(i + 1) > t);
  if (!found) {
    auto later = s.upper_bound(t, i);
    if (later == s.first())
      return no_index;
    i = later - 1;
  }
  hint = i;
  return i;
}

int64_t time_before(int64_t t, int64_t age_ms) {
  int64_t before = 0;
  return __builtin_sub_overflow(t, age_ms, &before) ? std::numeric_limits<int64_t>::min() : before;
}

point_range
points_inside(const series& s, const window_call& call, int64_t t, uint64_t k, uint64_t hint) {
  if (k == no_index)
    return {s.first(), s.first()};
  if (call.points > 0) {
    auto end = k + 1;
    return {std::max(s.first(), end > call.points ? end - call.points : 0), end};
  }
  auto end = k + 1;
  if (end < s.end() && s.time(end) <= t)
    end = s.upper_bound(t, end); // Points of equal time.
  return {first_from(s, time_before(t, call.age_ms), hint), end};
}

template <class Window>
void slide(Window& w, const series& s, point_range wanted) {
  auto& position = w.position_;
  if (must_reseed(s, position.taken, wanted)) {
    w.clear();
    position.taken = {wanted.begin, wanted.begin};
    position.unreadable_end = 0;
  }
  for (auto i = position.taken.end; i < wanted.end; ++i)
    w.take(s, i);
  for (auto i = position.taken.begin; i < wanted.begin; ++i)
    w.drop(s, i);
  position.taken = wanted;
}

void extreme_window::push(uint64_t index) {
  if (size_ == ring_.size()) {
    std::vector<uint32_t> bigger(std::max<size_t>(4, 2 * ring_.size()));
    for (uint32_t i = 0; i < size_; ++i)
      bigger[i] = ring_[(head_ + i) & (ring_.size() - 1)];
    ring_ = std::move(bigger);
    head_ = 0;
  }
  ring_[(head_ + size_++) & (ring_.size() - 1)] = static_cast<uint32_t>(index);
}

void extreme_window::move_to(const series& s, point_range wanted, bool largest) {
  auto& taken = position_.taken;
  if (wanted.begin < taken.begin || wanted.end < taken.end || wanted.begin >= taken.end) {
    size_ = 0;
    taken.end = wanted.begin;
    position_.unreadable_end = 0;
  }
  // Outdated candidates go first: they may be trimmed already, and need not be read for it.
  while (size_ > 0 && front() < wanted.begin) {
    head_ = (head_ + 1) & (static_cast<uint32_t>(ring_.size()) - 1);
    --size_;
  }
  origin_ = wanted.begin;
  for (auto i = taken.end; i < wanted.end; ++i) {
    auto x = s.value(i);
    if (is_nan(x)) {
      if (is_unreadable(x))
        position_.unreadable_end = i + 1;
      continue;
    }
    while (size_ > 0 && (largest ? at_most(s.value(back()), x) : at_most(x, s.value(back()))))
      --size_;
    push(i);
  }
  taken = wanted;
}

void extreme_window::forget() {
  position_ = {};
  origin_ = 0;
  head_ = size_ = 0;
}

void sum_window::forget() {
  position_ = {};
  clear();
}

void sum_window::clear() {
  points_ = 0;
  sum_.clear();
}

void sum_window::take(const series& s, uint64_t i) {
  auto x = s.value(i);
  if (is_nan(x)) {
    if (is_unreadable(x))
      position_.unreadable_end = i + 1;
    return;
  }
  ++points_;
  sum_.add(x);
}

void sum_window::drop(const series& s, uint64_t i) {
  auto x = s.value(i);
  if (is_nan(x))
    return;
  --points_;
  sum_.subtract(x);
}

void sum_window::move_to(const series& s, point_range wanted) { slide(*this, s, wanted); }

void rate_window::forget() {
  position_ = {};
  clear();
}

void rate_window::clear() {
  points_ = 0;
  increases_.clear();
}

void rate_window::count_increase(number from, number to, bool in) {
  auto put = [&](number x, bool add) { add ? increases_.add(x) : increases_.subtract(x); };
  if (!at_most(from, to)) {
    put(to, in); // A reset: it counted up to here from zero.
  } else if (std::isinf(from.as_double()) || std::isinf(to.as_double())) {
    put(number::of(to.as_double() - from.as_double()), in);
  } else {
    put(to, in);
    put(from.is_integer() ? minus(number::of(int64_t{0}), from) : number::of(-from.real()), in);
  }
}

void rate_window::take(const series& s, uint64_t i) {
  auto x = s.value(i);
  if (is_nan(x)) {
    if (is_unreadable(x))
      position_.unreadable_end = i + 1;
    return;
  }
  if (points_++ == 0)
    oldest_ = i;
  else
    count_increase(s.value(newest_), x, true);
  newest_ = i;
}

void rate_window::drop(const series& s, uint64_t i) {
  auto x = s.value(i);
  if (is_nan(x))
    return;
  if (--points_ == 0)
    return;
  do
    ++oldest_;
  while (is_nan(s.value(oldest_)));
  count_increase(x, s.value(oldest_), false);
}

void rate_window::move_to(const series& s, point_range wanted) { slide(*this, s, wanted); }

bool rate_window::per_second(const series& s, double& out) {
  if (points_ < 2)
    return false;
  int64_t took_ms = s.time(newest_) - s.time(oldest_);
  if (took_ms == 0)
    return false;
  out = increases_.total().as_double() * 1000 / static_cast<double>(took_ms);
  return true;
}

bool count_window::match(const series& s, uint64_t i) const {
  if (s.is_log())
    return pattern_.what == kind::text &&
           satisfies(comparison_, s.text(i).compare(pattern_.text()) <=> 0);
  return pattern_.is_number() && satisfies(comparison_, compare(s.value(i), number_of(pattern_)));
}

void count_window::clear() { points_ = matches_ = 0; }

void count_window::take(const series& s, uint64_t i) {
  if (!s.is_log()) {
    auto x = s.value(i);
    if (is_unreadable(x))
      position_.unreadable_end = i + 1;
    if (is_nan(x))
      return;
  }
  ++points_;
  matches_ += match(s, i) ? 1 : 0;
}

void count_window::drop(const series& s, uint64_t i) {
  if (!s.is_log() && is_nan(s.value(i)))
    return;
  --points_;
  matches_ -= match(s, i) ? 1 : 0;
}

void count_window::move_to(
  const series& s, point_range wanted, const cell& pattern, op comparison, bool stable) {
  bool unchanged = stable && comparison == comparison_ && pattern.what == pattern_.what &&
                   pattern.bits == pattern_.bits && pattern.length == pattern_.length;
  if (!unchanged) {
    pattern_ = pattern;
    comparison_ = comparison;
    position_ = {};
    clear();
    position_.taken = {wanted.begin, wanted.begin};
  }
  slide(*this, s, wanted);
}

reason count_window::matches(const series& s, int64_t& out) const {
  out = matches_;
  if (points_ == 0)
    return nullptr;
  if (pattern_.what == kind::null)
    return reasons::null_operand;
  if ((pattern_.what == kind::text) == s.is_log())
    return nullptr;
  // A number beside a string: nothing is equal, and nothing is ordered.
  if (comparison_ != op::equal && comparison_ != op::not_equal)
    return reasons::mixed_order;
  out = comparison_ == op::not_equal ? points_ : 0;
  return nullptr;
}

} // namespace aops::expr
