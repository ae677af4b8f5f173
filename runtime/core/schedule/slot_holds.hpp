#pragma once

#include "runtime/core/schedule/slot.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>

namespace aops::schedule {

/// Which slots must stay here for the time being: something acts on hosts there that must not be
/// cut off. A slot that is wanted elsewhere gets no further holds, so that it goes once those there
/// are have been let go of. Any thread.
class slot_holds : public std::enable_shared_from_this<slot_holds> {
public:
  /// Lets go of a slot when it goes.
  using hold = std::shared_ptr<const void>;

  /// @returns Null when the slot is wanted elsewhere: nothing may begin there.
  hold take(uint16_t slot);

  /// The slot is wanted elsewhere from now on. @returns Whether it may go now.
  bool want(uint16_t slot);
  /// It is not, or not any more.
  void keep(uint16_t slot);

  /// This node ends: what holds slots is to be cut off.
  void cut_off();
  bool is_cut_off() const;
  bool is_any_held() const;

private:
  void let_go(uint16_t slot);
  struct entry {
    uint32_t holds = 0;
    bool is_wanted = false;
  };
  mutable std::mutex mutex_;
  std::array<entry, slot_count> slots_{};
  bool is_cut_off_ = false;
};

} // namespace aops::schedule
