#pragma once

#include "messages/roles/role.hpp"
#include "messages/run.hpp"
#include "messages/task.hpp"
#include "messages/types/run.hpp"
#include "messages/types/task.hpp"

#include <string_view>

namespace aops {

namespace actors {
inline constexpr std::string_view run_store_name = "store/runs";
inline constexpr std::string_view run_intake_name = "jobs/deploy";
inline constexpr std::string_view run_keys_name = "jobs/run-keys";
} // namespace actors

/// RUN STORE: what became of deployment tasks that ran.
using run_store_actor = caf::typed_actor<
  // A page of the caller's runs.
  asks<runs_query, runs_page>,
  // What became of the steps of a run on its hosts. ec::not_found.
  asks<run_hosts_query, run_hosts_page>,
  // Events of a run. ec::not_found.
  asks<run_log_query, run_log_page>,
  // How runs went.
  asks<run_stat_query, run_stats>,
  // Where a run stands. ec::not_found.
  asks<run_to_watch, run_standing>,
  caf::reacts_to<atom::ping>>;

/// RUNS as they are asked for. All but `runs_to_stop` and `runs_to_pause` need the vault key:
/// ec::vault_key.
using run_intake_actor = caf::typed_actor<
  // Starts tasks; answered once their runs are stored. ec::bad_request when a task is unknown, has
  // no hosts, or cannot run so.
  asks<deploy_tasks_to_execute, deploy_tasks_started>,
  // A new run for the hosts of each that did not end well. ec::bad_request when there are none.
  asks<runs_to_retry, deploy_tasks_started>,
  // Ends runs, and the processes they started.
  asks<runs_to_stop, runs_acted_on>,
  // No batch begins any more until they are resumed.
  asks<runs_to_pause, runs_acted_on>,
  // Lets runs go on that wait for approval.
  asks<runs_to_approve, runs_acted_on>,
  // Lets runs go on that are paused, interrupted, or wait for a key.
  asks<runs_to_resume, runs_acted_on>,
  // The caller entered his vault key: his runs that wait for it go on.
  caf::reacts_to<caller, vault_opened>,
  caf::reacts_to<atom::ping>>;

/// RUN KEYS: what opens the credentials of the hosts of runs that this node owns, in memory only.
using run_keys_actor = caf::typed_actor<
  // Keeps it until the run has ended.
  answers<run_key, done>,
  // Wipes it.
  caf::reacts_to<run_key_to_wipe>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
