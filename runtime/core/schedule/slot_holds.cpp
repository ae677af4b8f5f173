#include "runtime/core/schedule/slot_holds.hpp"

#include <algorithm>

namespace aops::schedule {

slot_holds::hold slot_holds::take(uint16_t slot) {
  {
    std::lock_guard guard{mutex_};
    auto& x = slots_.at(slot);
    if (x.is_wanted || is_cut_off_)
      return nullptr;
    ++x.holds;
  }
  return {this, [self = shared_from_this(), slot](const void*) { self->let_go(slot); }};
}

void slot_holds::let_go(uint16_t slot) {
  std::lock_guard guard{mutex_};
  --slots_[slot].holds;
}

bool slot_holds::want(uint16_t slot) {
  std::lock_guard guard{mutex_};
  auto& x = slots_.at(slot);
  x.is_wanted = true;
  return x.holds == 0;
}

void slot_holds::keep(uint16_t slot) {
  std::lock_guard guard{mutex_};
  slots_.at(slot).is_wanted = false;
}

void slot_holds::cut_off() {
  std::lock_guard guard{mutex_};
  is_cut_off_ = true;
}

bool slot_holds::is_cut_off() const {
  std::lock_guard guard{mutex_};
  return is_cut_off_;
}

bool slot_holds::is_any_held() const {
  std::lock_guard guard{mutex_};
  return std::any_of(slots_.begin(), slots_.end(), [](const entry& x) { return x.holds > 0; });
}

} // namespace aops::schedule
