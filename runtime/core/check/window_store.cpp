#include "runtime/core/check/window_store.hpp"

#include <algorithm>

namespace aops::check {

namespace {

void append_once(expr::series& points, int64_t t_ms, number value) {
  if (points.newest_ms() < t_ms)
    points.append(t_ms, value);
}

} // namespace

const expr::series& window_store::use(uint32_t slot, int64_t horizon_ms, bool waits) {
  auto [found, is_new] = windows_.try_emplace({slot, horizon_ms});
  auto& w = found->second;
  ++w.users;
  if (!is_new)
    return w.points;
  w.horizon_ms = horizon_ms;
  w.waits = waits;
  share(found);
  return w.points;
}

/// A new window is one over the points of a longer one, where that has all it is to have; or of any
/// that is to get the same as it, and got nothing yet.
void window_store::share(std::map<key, window>::iterator x) {
  auto& w = x->second;
  auto slot = x->first.first;
  for (auto at = windows_.lower_bound({slot, INT64_MIN});
       at != windows_.end() && at->first.first == slot;
       ++at) {
    const auto& other = at->second;
    if (at == x)
      continue;
    bool is_ahead = w.waits && !other.waits && other.horizon_ms > w.horizon_ms;
    bool is_equal = w.waits == other.waits && other.points.end() == 0 &&
                    (!w.waits || w.waits_for(reach::far) == other.waits_for(reach::far));
    if (!is_ahead && !is_equal)
      continue;
    w.points = other.points.shared();
    w.waits = other.waits;
    return;
  }
}

void window_store::drop(uint32_t slot, int64_t horizon_ms) {
  if (auto found = windows_.find({slot, horizon_ms}); found != windows_.end())
    --found->second.users;
}

void window_store::settle() {
  std::erase_if(windows_, [](auto& w) { return w.second.users == 0; });
  for (auto at = windows_.begin(); at != windows_.end(); ++at) {
    auto next = at;
    bool has_longer = false; // Over the same points, and of the same series.
    while (++next != windows_.end() && next->first.first == at->first.first && !has_longer)
      has_longer = next->second.points.shares_with(at->second.points);
    at->second.points.set_keeps(!has_longer);
  }
  by_slot_.clear();
  first_of_slot_.assign(windows_.empty() ? 1 : windows_.rbegin()->first.first + 2, 0);
  for (auto& [key, w] : windows_) {
    by_slot_.push_back(&w);
    ++first_of_slot_[key.first + 1];
  }
  for (size_t s = 1; s < first_of_slot_.size(); ++s)
    first_of_slot_[s] += first_of_slot_[s - 1];
}

void window_store::trim(int64_t t_ms) {
  for (auto* w : by_slot_)
    w->points.trim_before(t_ms - w->horizon_ms);
}

void window_store::append_to(window& w, int64_t t_ms, number value) {
  if (!w.waits_for(reach::far))
    append_once(w.points, t_ms, value);
}

int64_t window_store::missing_history_ms(reach which) const {
  int64_t longest = 0;
  for (const auto* w : by_slot_)
    if (w->waits_for(which))
      longest = std::max(longest, w->horizon_ms);
  return longest;
}

void window_store::load(reach which, uint32_t slot, int64_t t_ms, number value) {
  for (auto* w : windows_of(slot))
    if (w->waits_for(which))
      append_once(w->points, t_ms, value);
}

void window_store::loaded(reach which) {
  for (auto* w : by_slot_)
    if (w->waits_for(which))
      w->waits = false;
}

bool window_store::waits_far(uint32_t slot, int64_t horizon_ms) const {
  auto found = windows_.find({slot, horizon_ms});
  return found != windows_.end() && found->second.waits_for(reach::far);
}

size_t window_store::memory_bytes() const {
  // A tree node: the pair, three pointers, a colour; the allocator's own word twice.
  constexpr size_t node = sizeof(std::pair<const key, window>) + 32 + 16;
  size_t bytes = sizeof(*this) + by_slot_.capacity() * sizeof(window*) +
                 first_of_slot_.capacity() * sizeof(uint32_t);
  for (const auto* w : by_slot_)
    bytes += node + w->points.memory_bytes() - sizeof(expr::series);
  return bytes;
}

} // namespace aops::check
