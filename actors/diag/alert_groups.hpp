#pragma once

#include "actors/store/store_access.hpp"
#include "actors/support/checked_state.hpp"
#include "messages/alertmanager.hpp"
#include "messages/job.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/job.hpp"
#include "runtime/io/storage/alert_group_repository.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <memory>

/// What the store has to do with groups of alerts: who of them is known, which trees are about
/// them, what was found out.
namespace aops::actors {

inline constexpr std::string_view alert_groups_name = "store/alert_groups";

/// A group that somebody told of, to be planned; a new one is noted.
struct group_to_plan {
  caller who;
  std::shared_ptr<const alert_group> group;
};

struct group_planned {
  alert_group_taken answer;
  std::shared_ptr<const job_to_create> job; ///< Null: nothing is to be done.
};

/// What is noted in these slots.
struct open_groups_query {
  std::vector<uint16_t> slots;
};

/// A group whose diagnosis has ended, and what it found.
struct group_diagnosed {
  storage::diagnosed_group group;
  std::vector<storage::host_cause> causes;
};

struct open_groups {
  int64_t open = 0; ///< Whose diagnosis goes on.
  std::vector<std::shared_ptr<const group_diagnosed>> ended;
};

/// It is to be told.
struct group_to_tell {
  std::shared_ptr<const group_diagnosed> what;
};

} // namespace aops::actors
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::group_to_plan)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::group_planned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::open_groups_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::open_groups)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::group_to_tell)

namespace aops::actors {

/// ALERT GROUPS: asked by the intake of the same node.
using alert_groups_actor = caf::typed_actor<
  // Finds hosts and trees, and notes a group that is new.
  answers<group_to_plan, group_planned>,
  // What is noted; of what has ended what was found.
  answers<open_groups_query, open_groups>,
  // Puts what was found into the outbox; then the group is forgotten. ec::fenced when its slot is
  // another node's by now.
  answers<group_to_tell, done>,
  caf::reacts_to<atom::ping>>;

struct alert_groups_state {
  explicit alert_groups_state() = default;
  static inline const char* name = alert_groups_name.data();
  store_ptr store;
};

alert_groups_actor::behavior_type
alert_groups(alert_groups_actor::stateful_pointer<checked_state<alert_groups_state>> self,
             store_ptr store);

} // namespace aops::actors
