#pragma once

#include "actors/host/host_services.hpp"
#include "actors/host/scraper.hpp"
#include "actors/support/checked_state.hpp"
#include "messages/roles/hosts.hpp"
#include "messages/roles/push.hpp"
#include "runtime/core/check/rule_set.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>

namespace aops::actors {

// INTERNAL messages of a host to itself; they never leave the process.

/// The round of this grid time is due.
struct round_due {
  int64_t time_ms = 0;
};

/// The start goes on: the store, or the source, did not answer.
struct start_due {};

/// The store refused rounds a while ago.
struct commit_due {};

/// A back-fill, or far windows, did not get on a while ago.
struct history_due {};

/// The gate lets the host read in the background, or a pause between two reads has ended.
struct history_turn {};

/// A host that leaves looks whether it can.
struct release_due {};

/// Something was found out in another thread: to be done where the host does its work.
struct host_work_due {
  std::function<void()> work;
};

/// Command: look at once whether the host can be reached, ahead of its first round.
struct look_now {};

/// Event: the owner's rules are these now. Never leaves the process.
struct rules_update {
  std::shared_ptr<const check::rule_set> rules;
};

/// Command: take the round whose time has come, store what is under way, and end. Answered right
/// before the end; past the deadline what is left is forgotten. Never leaves the process.
struct host_to_release {
  int64_t deadline_ms = 0;
};

} // namespace aops::actors
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::round_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::start_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::commit_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::history_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::history_turn)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::release_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::host_work_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::look_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::rules_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::host_to_release)

namespace aops::actors {

/// HOST: what others tell it.
using host_actor =
  caf::typed_actor<caf::reacts_to<rules_update>,
                   // The host was renamed, moved to another group, got another port.
                   caf::reacts_to<host_record>,
                   // Stores whether the host can be reached now, unless a round has told.
                   caf::reacts_to<look_now>,
                   // The slot goes to another node.
                   caf::replies_to<host_to_release>::with<done>,
                   caf::reacts_to<atom::ping>>::extend_with<host_view_actor>::
    extend_with<host_work_actor>::extend_with<host_push_actor>;

/// The same with what it tells itself.
using host_itself = host_actor::extend<caf::reacts_to<round_due>,
                                       caf::reacts_to<start_due>,
                                       caf::reacts_to<commit_due>,
                                       caf::reacts_to<history_due>,
                                       caf::reacts_to<history_turn>,
                                       caf::reacts_to<host_work_due>,
                                       caf::reacts_to<release_due>>;

class host_body;

struct host_actor_state {
  explicit host_actor_state();
  ~host_actor_state();
  static inline const char* name = "host";
  std::unique_ptr<host_body> body;
};

using host_pointer = host_itself::stateful_pointer<checked_state<host_actor_state>>;

/// One managed host: samples it on its grid, judges its owner's rules, keeps its results, coverage
/// and status, and answers for it. The only writer of its rows: writes under the fence of its start
/// for all its life, and ends when the store refuses that or knows the host no more. To others than
/// its owner there is no such host.
host_itself::behavior_type host(host_pointer self,
                                services_ptr services,
                                host_record record,
                                std::shared_ptr<const check::rule_set> rules);

} // namespace aops::actors
