#pragma once

#include "messages/wire.hpp"

#include <cstdint>

namespace aops {

/// Under which ownership an owner writes: the slot and the epoch it holds. The store refuses the
/// write (ec::fenced) once the slot has another epoch. See docs/reference/cluster.md#fences.
struct fence {
  uint16_t slot = 0;
  uint64_t epoch = 1;
};
AOPS_WIRE(fence, slot, epoch)

} // namespace aops
