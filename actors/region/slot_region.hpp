#pragma once

#include "messages/cluster.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/core/schedule/slot.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace aops::actors {

/// Which slots a region may work on: those its node owns and is not handing over. For one actor.
class slot_region {
public:
  /// How long after its deadline a hand-over may still take effect. Then the slot has stayed.
  static constexpr int64_t grace_ms = 3000;

  slot_region() = default; ///< Owns nothing.
  slot_region(std::shared_ptr<const schedule::ownership> slots,
              std::shared_ptr<const base::clock> clock)
      : slots_(std::move(slots)), clock_(std::move(clock)) {}

  bool is_ours(uint16_t slot) const;
  std::vector<uint16_t> ours() const; ///< Ascending.
  std::vector<uint16_t> ours_of(std::span<const uint16_t> some) const;

  /// The epoch under which the slot of an entity is ours; 0 when it is not.
  uint64_t epoch_of(std::string_view id) const { return slots_->fence_of(id).epoch; }

  /// Slots came and went: whatever was being handed over of them is settled.
  void changed(const slots_changed& x);

  /// These are handed over. @returns Until when nothing of them is started, unless they come
  /// before.
  int64_t released(const slots_to_release& x);

private:
  std::shared_ptr<const schedule::ownership> slots_;
  std::shared_ptr<const base::clock> clock_;
  std::array<int64_t, schedule::slot_count> released_until_ms_{};
};

/// Ids of the entities that live in these slots. @param entities By id; each has a `slot`.
template <class Entities>
std::vector<std::string> ids_in(const Entities& entities, std::span<const uint16_t> slots) {
  std::set<uint16_t> wanted{slots.begin(), slots.end()};
  std::vector<std::string> ids;
  for (const auto& [id, entity] : entities)
    if (wanted.contains(entity.slot))
      ids.push_back(id);
  return ids;
}

} // namespace aops::actors
