#pragma once

#include "actors/jobs/job_services.hpp"
#include "actors/store/vault_keeper.hpp"
#include "actors/support/checked_state.hpp"
#include "messages/roles/run.hpp"

#include <map>
#include <memory>
#include <string>

namespace aops::actors {

/// The key of a run of this node.
struct key_of_run {
  std::string run;
};

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::key_of_run)

namespace aops::actors {

/// RUN KEYS, with what only the runs of the same node ask.
using full_run_keys_actor = caf::typed_actor<
  // ec::vault_key when there is none.
  answers<key_of_run, opened_vault>,
  caf::reacts_to<atom::tick>>::extend_with<run_keys_actor>;

struct run_keys_state {
  explicit run_keys_state() = default;
  static inline const char* name = run_keys_name.data();
  struct kept {
    secret_ptr key;
    int64_t since_ms = 0;
  };
  job_services_ptr services;
  std::map<std::string, kept> keys; ///< By run.
};

/// Keeps keys until their runs have ended, however they do: looks each minute which ones the store
/// has open, and this node owns. At most for a week: a run that waits longer for its user waits for
/// his key, too.
full_run_keys_actor::behavior_type
run_keys(full_run_keys_actor::stateful_pointer<checked_state<run_keys_state>> self,
         job_services_ptr services);

} // namespace aops::actors
