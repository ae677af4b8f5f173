#include "runtime/core/expr/series.hpp"

#include <algorithm>
#include <cassert>

namespace aops::expr {

namespace {

constexpr size_t smallest_ring = 16;

size_t words_for(size_t capacity) { return 2 * capacity + (capacity + 63) / 64; }

/// First index of [first, end) for which `past(index)` holds, searched outwards from `hint`.
template <class Past>
uint64_t gallop(uint64_t first, uint64_t end, uint64_t hint, Past past) {
  hint = std::clamp(hint, first, end);
  uint64_t low = first, high = end; // past(low - 1) is false, past(high) is true
  if (hint < end && !past(hint)) {
    low = hint + 1;
    for (uint64_t step = 1; low + step < end; step *= 2) {
      if (past(low + step)) {
        high = low + step;
        break;
      }
      low += step + 1;
    }
  } else {
    high = hint;
    for (uint64_t step = 1; high - first > step; step *= 2) {
      if (!past(high - step)) {
        low = high - step + 1;
        break;
      }
      high -= step;
    }
  }
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (past(middle))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

} // namespace

series::series(bool is_log) {
  if (is_log)
    texts_ = std::make_unique<std::deque<std::string>>();
}

series::series(series&&) noexcept = default;
series& series::operator=(series&&) noexcept = default;
series::~series() = default;

void series::grow_to(size_t capacity) {
  auto bigger = std::make_unique<int64_t[]>(words_for(capacity));
  auto* new_kinds = reinterpret_cast<uint64_t*>(bigger.get() + 2 * capacity);
  size_t until_wrap = std::min(size_, capacity_ - head_);
  auto move_half = [&](size_t from, size_t count, size_t to) {
    std::copy_n(times() + from, count, bigger.get() + to);
    std::copy_n(bits() + from, count, bigger.get() + capacity + to);
    for (size_t i = 0; i < count; ++i)
      new_kinds[(to + i) >> 6] |= ((kinds()[(from + i) >> 6] >> ((from + i) & 63)) & 1)
                                  << ((to + i) & 63);
  };
  move_half(head_, until_wrap, 0);
  move_half(0, size_ - until_wrap, until_wrap);
  store_ = std::move(bigger);
  capacity_ = capacity;
  head_ = 0;
}

void series::reserve(size_t points) {
  if (points > capacity_)
    grow_to(points);
}

size_t series::push(int64_t time_ms) {
  if (!empty())
    time_ms = std::max(time_ms, time(end() - 1)); // Searches rely on the order.
  if (size_ == capacity_)
    grow_to(std::max(smallest_ring, size_ + std::max<size_t>(8, size_ / 20)));
  size_t s = slot(first_ + size_++);
  times()[s] = time_ms;
  return s;
}

void series::append(int64_t time_ms, number x) {
  assert(!is_log());
  size_t s = push(time_ms);
  bits()[s] = x.bits();
  uint64_t mask = uint64_t{1} << (s & 63);
  kinds()[s >> 6] = x.is_integer() ? kinds()[s >> 6] & ~mask : kinds()[s >> 6] | mask;
}

void series::append(int64_t time_ms, std::string_view text) {
  assert(is_log());
  push(time_ms);
  texts_->emplace_back(text);
}

void series::trim_before(int64_t time_ms) {
  size_t dropped = static_cast<size_t>(lower_bound(time_ms, first_) - first_);
  if (dropped == 0)
    return;
  if (texts_)
    texts_->erase(texts_->begin(), texts_->begin() + static_cast<ptrdiff_t>(dropped));
  head_ = slot(first_ + dropped);
  first_ += dropped;
  size_ -= dropped;
  if (capacity_ > 4 * smallest_ring && size_ < capacity_ / 4)
    grow_to(std::max(smallest_ring, size_ + size_ / 4));
}

uint64_t series::lower_bound(int64_t time_ms) const {
  return lower_bound(time_ms, first_ + size_ / 2);
}
uint64_t series::upper_bound(int64_t time_ms) const {
  return upper_bound(time_ms, first_ + size_ / 2);
}

uint64_t series::lower_bound(int64_t time_ms, uint64_t hint) const {
  return gallop(first_, end(), hint, [&](uint64_t i) { return time(i) >= time_ms; });
}

uint64_t series::upper_bound(int64_t time_ms, uint64_t hint) const {
  return gallop(first_, end(), hint, [&](uint64_t i) { return time(i) > time_ms; });
}

size_t series::memory_bytes() const {
  size_t bytes = sizeof(*this) + (capacity_ == 0 ? 0 : words_for(capacity_) * sizeof(int64_t));
  if (texts_) {
    // A deque of strings takes one block of 512 bytes at least, and a map of pointers.
    bytes += sizeof(*texts_) + 512 + 64 + texts_->size() * sizeof(std::string);
    for (const auto& t : *texts_)
      if (t.capacity() > 15)
        bytes += t.capacity() + 1;
  }
  return bytes;
}

} // namespace aops::expr
