#pragma once

#include "actors/store/store_access.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/diag.hpp"

namespace aops::actors {

struct tree_store_state {
  explicit tree_store_state() = default;
  static inline const char* name = tree_store_name.data();
  store_ptr store;
};

/// Keeps fault trees; refuses illegal ones by name with the node's path, warns about what may be
/// meant differently.
tree_store_actor::behavior_type
tree_store(tree_store_actor::stateful_pointer<checked_state<tree_store_state>> self,
           store_ptr store);

} // namespace aops::actors
