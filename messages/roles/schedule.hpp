#pragma once

#include "messages/roles/role.hpp"
#include "messages/schedule.hpp"
#include "messages/types/schedule.hpp"

namespace aops {

namespace actors {
inline constexpr std::string_view schedule_store_name = "store/schedules";
inline constexpr std::string_view schedule_keeper_name = "store/schedules/keeper";
} // namespace actors

/// SCHEDULE STORE: each owner's schedules of tasks.
using schedule_store_actor = caf::typed_actor<
  // Stores a schedule; answered with the times at which it fires next. ec::bad_request names the
  // field of the expression, an unknown zone or task; ec::conflict when the name is taken.
  asks<schedule_to_add, schedule_added>,
  // Changes what is given. The same errors; ec::bad_request when there is no such schedule.
  asks<schedule_to_update, schedule_added>,
  // A page of the caller's schedules.
  asks<schedules_query, schedules_page>,
  // Deletes schedules by id or name. Unknown ones are ignored.
  asks<schedules_to_delete, done>,
  // When an expression would fire.
  asks<schedule_to_preview, schedule_previewed>,
  caf::reacts_to<atom::ping>>;

/// SCHEDULE KEEPER: starts what is due, on the node that leads.
using schedule_keeper_actor =
  caf::typed_actor<caf::reacts_to<atom::tick>, caf::reacts_to<atom::ping>>;

} // namespace aops
