#pragma once

#include "actors/store/store_access.hpp"

namespace aops::actors {

struct housekeeper_state {
  explicit housekeeper_state() = default;
  static inline const char* name = housekeeper_name.data();
  store_ptr store;
  bool is_working = false;
};

using housekeeper_actor =
  caf::typed_actor<caf::reacts_to<atom::tick>,
                   // INTERNAL: a step was stored; there may be more of its kind.
                   caf::reacts_to<atom::done, int32_t, bool>,
                   caf::reacts_to<atom::ping>>;

/// Keeps the store small on the node that leads, under its epoch: packs samples of past hours,
/// deletes what is older than its retention. In short steps, so that the writer stays free.
housekeeper_actor::behavior_type
housekeeper(housekeeper_actor::stateful_pointer<checked_state<housekeeper_state>> self,
            store_ptr store);

} // namespace aops::actors
