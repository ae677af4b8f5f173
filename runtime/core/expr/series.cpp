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

series::series(bool is_log) : ring_(std::make_shared<ring>()) {
  if (is_log)
    ring_->texts = std::make_unique<std::deque<std::string>>();
}

series series::shared() const {
  assert(!is_log());
  series x;
  x.ring_ = ring_;
  x.first_ = ring_->first;
  x.keeps_ = false;
  return x;
}

series::series(series&&) noexcept = default;
series& series::operator=(series&&) noexcept = default;
series::~series() = default;

void series::ring::grow_to(size_t wanted) {
  auto bigger = std::make_unique<int64_t[]>(words_for(wanted));
  auto* new_kinds = reinterpret_cast<uint64_t*>(bigger.get() + 2 * wanted);
  size_t until_wrap = std::min(size, capacity - head);
  auto move_half = [&](size_t from, size_t count, size_t to) {
    std::copy_n(times() + from, count, bigger.get() + to);
    std::copy_n(bits() + from, count, bigger.get() + wanted + to);
    for (size_t i = 0; i < count; ++i)
      new_kinds[(to + i) >> 6] |= ((kinds()[(from + i) >> 6] >> ((from + i) & 63)) & 1)
                                  << ((to + i) & 63);
  };
  move_half(head, until_wrap, 0);
  move_half(0, size - until_wrap, until_wrap);
  store = std::move(bigger);
  capacity = wanted;
  head = 0;
}

void series::reserve(size_t points) {
  if (points > ring_->capacity)
    ring_->grow_to(points);
}

size_t series::ring::push(int64_t time_ms) {
  if (size > 0) // Searches rely on the order.
    time_ms = std::max(time_ms, times()[slot(first + size - 1)]);
  if (size == capacity)
    grow_to(std::max(smallest_ring, size + std::max<size_t>(8, size / 20)));
  size_t s = slot(first + size++);
  times()[s] = time_ms;
  return s;
}

void series::ring::drop(size_t count) {
  if (texts)
    texts->erase(texts->begin(), texts->begin() + static_cast<ptrdiff_t>(count));
  head = slot(first + count);
  first += count;
  size -= count;
  if (capacity > 4 * smallest_ring && size < capacity / 4)
    grow_to(std::max(smallest_ring, size + size / 4));
}

void series::append(int64_t time_ms, number x) {
  assert(!is_log());
  auto& r = *ring_;
  size_t s = r.push(time_ms);
  r.bits()[s] = x.bits();
  uint64_t mask = uint64_t{1} << (s & 63);
  r.kinds()[s >> 6] = x.is_integer() ? r.kinds()[s >> 6] & ~mask : r.kinds()[s >> 6] | mask;
}

void series::append(int64_t time_ms, std::string_view text) {
  assert(is_log());
  ring_->push(time_ms);
  ring_->texts->emplace_back(text);
}

void series::trim_before(int64_t time_ms) {
  auto wanted = lower_bound(time_ms, first());
  first_ = wanted;
  if (keeps_ && first_ > ring_->first)
    ring_->drop(static_cast<size_t>(first_ - ring_->first));
}

uint64_t series::lower_bound(int64_t time_ms) const {
  return lower_bound(time_ms, first() + size() / 2);
}
uint64_t series::upper_bound(int64_t time_ms) const {
  return upper_bound(time_ms, first() + size() / 2);
}

uint64_t series::lower_bound(int64_t time_ms, uint64_t hint) const {
  return gallop(first(), end(), hint, [&](uint64_t i) { return time(i) >= time_ms; });
}

uint64_t series::upper_bound(int64_t time_ms, uint64_t hint) const {
  return gallop(first(), end(), hint, [&](uint64_t i) { return time(i) > time_ms; });
}

size_t series::memory_bytes() const {
  size_t bytes = sizeof(*this);
  if (keeps_)
    bytes += sizeof(ring) + 2 * sizeof(long) + words_for(ring_->capacity) * sizeof(int64_t);
  if (const auto& texts = ring_->texts) {
    // A deque of strings takes one block of 512 bytes at least, and a map of pointers.
    bytes += sizeof(*texts) + 512 + 64 + texts->size() * sizeof(std::string);
    for (const auto& t : *texts)
      if (t.capacity() > 15)
        bytes += t.capacity() + 1;
  }
  return bytes;
}

} // namespace aops::expr
