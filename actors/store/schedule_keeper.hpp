#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/schedule.hpp"
#include "runtime/io/storage/schedule_repository.hpp"

#include <set>
#include <utility>

namespace aops::actors {

/// INTERNAL: these wait to be started, each with who starts it.
struct runs_due {
  struct one {
    storage::due_run run;
    expected<caller> who;
  };
  std::vector<one> runs;
};

/// INTERNAL: the next look may begin.
struct look_ended {};

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::runs_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::look_ended)

namespace aops::actors {

using full_schedule_keeper_actor =
  caf::typed_actor<caf::reacts_to<runs_due>,
                   caf::reacts_to<look_ended>>::extend_with<schedule_keeper_actor>;

struct schedule_keeper_state {
  explicit schedule_keeper_state() = default;
  static inline const char* name = schedule_keeper_name.data();
  store_ptr store;
  std::set<std::pair<int64_t, int64_t>> asked; ///< Schedule and time that are being started.
  bool is_looking = false;
};

/// Starts what is due, on the node that leads. What fired is a row from the transaction on that
/// moved the schedule, under the fence of the leader, until the task's run is stored: asked for
/// under one key however often, so that each time brings one run, whoever dies.
full_schedule_keeper_actor::behavior_type schedule_keeper(
  full_schedule_keeper_actor::stateful_pointer<checked_state<schedule_keeper_state>> self,
  store_ptr store);

} // namespace aops::actors
