#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/view.hpp"

namespace aops::actors {

struct view_store_state {
  explicit view_store_state() = default;
  static inline const char* name = view_store_name.data();
  store_ptr store;
};

/// Keeps what users arranged for themselves in pages: each sees his own and nobody else's.
view_store_actor::behavior_type
view_store(view_store_actor::stateful_pointer<checked_state<view_store_state>> self,
           store_ptr store);

} // namespace aops::actors
