#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/rounds.hpp"

namespace aops::actors {

struct round_store_state {
  explicit round_store_state() = default;
  static inline const char* name = round_store_name.data();
  store_ptr store;
};

using full_round_store_actor = round_store_actor::extend_with<round_pieces_actor>;

/// What host actors write and read, and queries read. Every write runs under the fence of the
/// host's slot.
full_round_store_actor::behavior_type
round_store(full_round_store_actor::stateful_pointer<checked_state<round_store_state>> self,
            store_ptr store);

} // namespace aops::actors
