#include "actors/region/slot_region.hpp"

#include <algorithm>

namespace aops::actors {

bool slot_region::is_ours(uint16_t slot) const {
  return slots_ && slots_->owns(slot) && released_until_ms_.at(slot) <= clock_->now_ms();
}

std::vector<uint16_t> slot_region::ours() const {
  std::vector<uint16_t> out;
  for (uint16_t slot = 0; slot < schedule::slot_count; ++slot)
    if (is_ours(slot))
      out.push_back(slot);
  return out;
}

std::vector<uint16_t> slot_region::ours_of(std::span<const uint16_t> some) const {
  std::vector<uint16_t> out;
  for (auto slot : some)
    if (is_ours(slot))
      out.push_back(slot);
  return out;
}

void slot_region::changed(const slots_changed& x) {
  for (const auto* some : {&x.gained, &x.lost})
    for (auto slot : *some)
      released_until_ms_.at(slot) = 0;
}

int64_t slot_region::released(const slots_to_release& x) {
  auto until = std::max(x.deadline_ms, clock_->now_ms()) + grace_ms;
  for (auto slot : x.slots)
    released_until_ms_.at(slot) = until;
  return until;
}

} // namespace aops::actors
