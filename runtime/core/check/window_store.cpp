#include "runtime/core/check/window_store.hpp"

#include <algorithm>

namespace aops::check {

namespace {

void append_once(expr::series& points, int64_t t_ms, number value) {
  if (points.newest_ms() < t_ms)
    points.append(t_ms, value);
}

} // namespace

window_store::window_list::const_iterator window_store::place_of(uint32_t slot,
                                                                 int64_t horizon_ms) const {
  return std::lower_bound(
    windows_.begin(),
    windows_.end(),
    std::pair{slot, horizon_ms},
    [](const window_ptr& w, const auto& place) { return w->place() < place; });
}

window_store::window* window_store::find(uint32_t slot, int64_t horizon_ms) const {
  auto at = place_of(slot, horizon_ms);
  return at != windows_.end() && (*at)->place() == std::pair{slot, horizon_ms} ? at->get()
                                                                               : nullptr;
}

const expr::series& window_store::use(uint32_t slot, int64_t horizon_ms, bool waits) {
  auto* w = find(slot, horizon_ms);
  if (w == nullptr) {
    auto made = std::make_unique<window>();
    w = made.get();
    w->slot = slot;
    w->horizon_ms = horizon_ms;
    w->waits = waits;
    share(*w);
    windows_.insert(place_of(slot, horizon_ms), std::move(made));
    is_indexed_ = false;
  }
  ++w->users;
  return w->points;
}

/// A new window is one over the points of a longer one, where that has all it is to have; or of any
/// that is to get the same as it, and got nothing yet.
void window_store::share(window& w) {
  for (auto at = place_of(w.slot, INT64_MIN); at != windows_.end() && (*at)->slot == w.slot; ++at) {
    const auto& other = **at;
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
  if (auto* w = find(slot, horizon_ms))
    --w->users;
}

void window_store::settle() {
  std::erase_if(windows_, [](const window_ptr& w) { return w->users == 0; });
  for (auto at = windows_.begin(); at != windows_.end(); ++at) {
    auto next = at;
    bool has_longer = false; // Over the same points, and of the same series.
    while (++next != windows_.end() && (*next)->slot == (*at)->slot && !has_longer)
      has_longer = (*next)->points.shares_with((*at)->points);
    (*at)->points.set_keeps(!has_longer);
  }
  index();
}

void window_store::index() {
  first_of_slot_.assign(windows_.empty() ? 1 : size_t{windows_.back()->slot} + 2, 0);
  for (const auto& w : windows_)
    ++first_of_slot_[w->slot + 1];
  for (size_t s = 1; s < first_of_slot_.size(); ++s)
    first_of_slot_[s] += first_of_slot_[s - 1];
  is_indexed_ = true;
}

void window_store::trim(int64_t t_ms) {
  for (const auto& w : windows_)
    w->points.trim_before(t_ms - w->horizon_ms);
}

void window_store::append_to(window& w, int64_t t_ms, number value) {
  if (!w.waits_for(reach::far))
    append_once(w.points, t_ms, value);
}

int64_t window_store::missing_history_ms(reach which) const {
  int64_t longest = 0;
  for (const auto& w : windows_)
    if (w->waits_for(which))
      longest = std::max(longest, w->horizon_ms);
  return longest;
}

void window_store::load(reach which, uint32_t slot, int64_t t_ms, number value) {
  for (const auto& w : windows_of(slot))
    if (w->waits_for(which))
      append_once(w->points, t_ms, value);
}

void window_store::loaded(reach which) {
  for (const auto& w : windows_)
    if (w->waits_for(which))
      w->waits = false;
}

bool window_store::waits_far(uint32_t slot, int64_t horizon_ms) const {
  const auto* w = find(slot, horizon_ms);
  return w != nullptr && w->waits_for(reach::far);
}

size_t window_store::memory_bytes() const {
  size_t bytes = sizeof(*this) + windows_.capacity() * sizeof(window_ptr) +
                 first_of_slot_.capacity() * sizeof(uint32_t);
  for (const auto& w : windows_)
    bytes += sizeof(window) + w->points.memory_bytes() - sizeof(expr::series);
  return bytes;
}

} // namespace aops::check
