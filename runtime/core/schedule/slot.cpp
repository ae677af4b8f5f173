#include "runtime/core/schedule/slot.hpp"

#include <xxhash.h>

namespace aops::schedule {

uint16_t slot_of(std::string_view id) {
  return static_cast<uint16_t>(XXH64(id.data(), id.size(), 0) % slot_count);
}

void ownership::set(uint16_t slot, uint64_t epoch) {
  std::lock_guard guard{mutex_};
  epochs_.at(slot) = epoch;
}

bool ownership::owns(uint16_t slot) const {
  std::lock_guard guard{mutex_};
  return epochs_.at(slot) != 0;
}

fence ownership::fence_of(std::string_view id) const {
  auto slot = slot_of(id);
  std::lock_guard guard{mutex_};
  return {slot, epochs_[slot]};
}

} // namespace aops::schedule
