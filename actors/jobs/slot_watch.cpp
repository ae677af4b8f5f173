#include "actors/jobs/slot_watch.hpp"

#include <algorithm>

namespace aops::actors {

void slot_watch::look(const schedule::cluster_view& view, int64_t now_ms) {
  std::lock_guard guard{mutex_};
  auto count = std::min(view.slots.size(), slots_.size());
  for (size_t i = 0; i < count; ++i) {
    const auto& now = view.slots[i];
    auto& x = slots_[i];
    if (x.is_known && x.epoch != now.epoch) { // Every new owner has a greater one.
      x.has_changed = true;
      x.changed_ms = now_ms;
    }
    x.is_known = true;
    x.epoch = now.epoch;
    x.is_owned = !now.node.empty();
    x.is_leaving = !now.target.empty();
  }
}

void slot_watch::changed(std::span<const uint16_t> slots, int64_t now_ms) {
  std::lock_guard guard{mutex_};
  for (auto slot : slots)
    if (slot < slots_.size()) {
      slots_[slot].has_changed = true;
      slots_[slot].changed_ms = now_ms;
    }
}

bool slot_watch::is_settled(uint16_t slot, int64_t now_ms) const {
  std::lock_guard guard{mutex_};
  const auto& x = slots_.at(slot);
  return x.is_owned && !x.is_leaving && !(x.has_changed && now_ms - x.changed_ms < settling_ms);
}

} // namespace aops::actors
