#pragma once

#include "messages/fence.hpp"

#include <array>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace aops::schedule {

inline constexpr uint16_t slot_count = 256;

/// Where an entity lives: XXH64 of its id's text with seed 0, modulo `slot_count`. The same on
/// every node for ever: slots are stored.
uint16_t slot_of(std::string_view id);

/// Under which epochs this node owns its slots. Any thread.
class ownership {
public:
  /// Epoch 0: not ours.
  void set(uint16_t slot, uint64_t epoch);
  bool owns(uint16_t slot) const;
  /// The fence for writes of an entity; epoch 0 when its slot is not ours, which the store refuses.
  fence fence_of(std::string_view id) const;

private:
  mutable std::mutex mutex_;
  std::array<uint64_t, slot_count> epochs_{};
};

} // namespace aops::schedule
