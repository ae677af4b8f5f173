#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/repeat.hpp"

namespace aops::actors {

struct repeat_store_state {
  explicit repeat_store_state() = default;
  static inline const char* name = repeat_store_name.data();
  store_ptr store;
};

/// Keeps answers of requests that are carried out in several steps. What is one write uses `once`.
repeat_store_actor::behavior_type
repeat_store(repeat_store_actor::stateful_pointer<checked_state<repeat_store_state>> self,
             store_ptr store);

} // namespace aops::actors
