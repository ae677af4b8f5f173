#pragma once

#include "messages/data.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/data.hpp"

namespace aops {

namespace actors {
inline constexpr std::string_view saved_store_name = "store/saved";
inline constexpr std::string_view samples_name = "samples";
} // namespace actors

/// SAVED STORE: what other services found and keep here. A caller without a name is a service:
/// everything it saves says whose it is.
using saved_store_actor = caf::typed_actor<
  // The caller that a user would be, his password aside. Of an unknown user one who owns nothing.
  answers<user_to_act_for, caller>,
  // The hosts that users see. ec::bad_request when that is more than one answer holds.
  answers<users_hosts_query, users_hosts_found>,
  // Stores results beside those of the engine, which never replaces them; answered row by row.
  asks<results_to_save, results_saved>,
  // Deletes results that lie within a range, whoever found them.
  asks<results_to_delete, rows_deleted>,
  // Stores reports, each under its task; answered row by row.
  asks<reports_to_save, reports_saved>,
  // Stores a task that runs elsewhere. ec::conflict when the id is that of another task.
  asks<task_to_save, done>,
  // Deletes stored samples of hosts. ec::delete_failed when a Prometheus keeps them.
  asks<samples_to_delete, rows_deleted>,
  caf::reacts_to<atom::ping>>;

/// SAMPLES: reads what hosts measured, from wherever it is kept.
using samples_actor = caf::typed_actor<
  // The samples of the caller's hosts. ec::bad_request when that is more than one answer holds.
  asks<samples_to_get, samples_found>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
