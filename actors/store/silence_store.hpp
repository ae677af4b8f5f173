#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/silence.hpp"

namespace aops::actors {

struct silence_store_state {
  explicit silence_store_state() = default;
  static inline const char* name = silence_store_name.data();
  store_ptr store;
};

/// Keeps when nobody is told of alerts. What becomes of notices meanwhile is the notifier's.
silence_store_actor::behavior_type
silence_store(silence_store_actor::stateful_pointer<checked_state<silence_store_state>> self,
              store_ptr store);

} // namespace aops::actors
