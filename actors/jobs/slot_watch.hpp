#pragma once

#include "messages/cluster_view.hpp"
#include "runtime/core/schedule/slot.hpp"

#include <array>
#include <cstdint>
#include <mutex>
#include <span>

namespace aops::actors {

/// Which slots changed hands a short while ago: their hosts may not answer yet, which says nothing
/// about them. Any thread.
class slot_watch {
public:
  /// How long after a change a silent host may still be starting.
  static constexpr int64_t settling_ms = 20'000;

  /// Compares with what was seen before. What is seen first counts as settled.
  void look(const schedule::cluster_view& view, int64_t now_ms);
  /// These changed just now.
  void changed(std::span<const uint16_t> slots, int64_t now_ms);

  /// False for a slot of nobody, too.
  bool is_settled(uint16_t slot, int64_t now_ms) const;

private:
  struct seen {
    uint64_t epoch = 0;
    bool is_known = false, is_owned = true, is_leaving = false;
    bool has_changed = false;
    int64_t changed_ms = 0;
  };
  mutable std::mutex mutex_;
  std::array<seen, schedule::slot_count> slots_{};
};

} // namespace aops::actors
