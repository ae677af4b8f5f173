#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/diag.hpp"

namespace aops::actors {

struct report_store_state {
  explicit report_store_state() = default;
  static inline const char* name = report_store_name.data();
  store_ptr store;
};

/// Shows users tasks, progress and reports. Reports are stored compact and rendered here.
report_store_actor::behavior_type
report_store(report_store_actor::stateful_pointer<checked_state<report_store_state>> self,
             store_ptr store);

} // namespace aops::actors
