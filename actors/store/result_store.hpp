#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/check.hpp"

namespace aops::actors {

struct result_store_state {
  explicit result_store_state() = default;
  static inline const char* name = result_store_name.data();
  store_ptr store;
};

/// Shows users what checks found.
result_store_actor::behavior_type
result_store(result_store_actor::stateful_pointer<checked_state<result_store_state>> self,
             store_ptr store);

} // namespace aops::actors
