#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/schedule.hpp"

namespace aops::actors {

struct schedule_store_state {
  explicit schedule_store_state() = default;
  static inline const char* name = schedule_store_name.data();
  store_ptr store;
};

/// Keeps schedules of deployment tasks; `schedule_keeper` starts what is due.
schedule_store_actor::behavior_type
schedule_store(schedule_store_actor::stateful_pointer<checked_state<schedule_store_state>> self,
               store_ptr store);

} // namespace aops::actors
