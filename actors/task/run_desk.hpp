#pragma once

#include "actors/store/store_access.hpp"
#include "actors/store/vault_keeper.hpp"
#include "messages/roles/run.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <string>
#include <vector>

namespace aops::actors {

inline constexpr std::string_view run_desk_name = "store/run-desk";

/// Tasks to be run, with an id for the run of each.
struct runs_to_store {
  static constexpr std::string_view field = "task_list"; ///< What errors are about.
  deploy_tasks_to_execute asked;
  std::vector<std::string> ids;
  secret_ptr key{}; ///< What variables that nobody may see are sealed with; may be none.
};

/// The same for runs that are repeated.
struct retries_to_store {
  static constexpr std::string_view field = "execution_list";
  runs_to_retry asked;
  std::vector<std::string> ids;
};

enum class run_act : uint8_t { stop, pause, approve, resume };

struct act_on_runs {
  run_act what = run_act::stop;
  std::vector<std::string> runs;
  std::string decision; ///< Of `resume`; may be empty.
};

/// Which node has the vault key of a session; of a user without one: runs that wait for his key.
struct key_holder_query {
  std::string session;
};
struct key_holder {
  std::string node; ///< Empty: none.
};
struct keyless_runs_query {
  std::string user;
};
/// Those among runs that have not ended; with an owner, of his only.
struct open_runs_query {
  std::vector<std::string> runs;
  std::string owner{};
};
struct runs_found {
  std::vector<std::string> runs;
};

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::runs_to_store)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::retries_to_store)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::act_on_runs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::key_holder_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::key_holder)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::keyless_runs_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::open_runs_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::runs_found)

namespace aops::actors {

/// RUN DESK: what people do with runs, as the store knows it. Never leaves the process.
using run_desk_actor = caf::typed_actor<
  // Plans and stores runs. ec::bad_request.
  asks<runs_to_store, deploy_tasks_started>,
  // The same for the hosts of runs that did not end well.
  asks<retries_to_store, deploy_tasks_started>,
  // Tells owners what is wished, and changes what nobody runs.
  asks<act_on_runs, runs_acted_on>,
  answers<key_holder_query, key_holder>,
  answers<keyless_runs_query, runs_found>,
  answers<open_runs_query, runs_found>,
  caf::reacts_to<atom::ping>>;

struct run_desk_state {
  explicit run_desk_state() = default;
  static inline const char* name = run_desk_name.data();
  store_ptr store;
};

run_desk_actor::behavior_type
run_desk(run_desk_actor::stateful_pointer<checked_state<run_desk_state>> self, store_ptr store);

} // namespace aops::actors
