#pragma once

#include "actors/remote/remote_work.hpp"
#include "actors/store/vault_keeper.hpp"
#include "actors/support/checked_state.hpp"
#include "messages/roles/remote.hpp"
#include "runtime/io/ansible/key_scan.hpp"

namespace aops::actors {

/// INTERNAL: where a session's vault key is; what waits for it goes on there.
struct vault_located {
  caller who;
  std::string node;
  std::shared_ptr<const std::function<void(const std::string& node)>> forward;
};

/// INTERNAL: facts that were due have been collected.
struct due_facts_done {};

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::vault_located)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::due_facts_done)

namespace aops::actors {

using full_remote_actor = caf::typed_actor<caf::reacts_to<vault_located>,
                                           caf::reacts_to<due_facts_done>,
                                           // INTERNAL: looks of which hosts facts are due.
                                           caf::reacts_to<atom::tick>>::extend_with<remote_actor>;

struct remote_parts {
  store_ptr store;
  std::shared_ptr<ansible::player> player;
  std::shared_ptr<executor> worker; ///< Opens targets, starts plays, asks hosts for their keys.
  std::string node;                 ///< This one.
  decltype(remote_work::scan_keys) scan_keys = ansible::scan_host_keys;
};

struct remote_state {
  explicit remote_state() = default;
  ~remote_state();
  remote_state(const remote_state&) = delete;
  remote_state& operator=(const remote_state&) = delete;
  static inline const char* name = remote_name.data();
  remote_work_ptr work;
  std::string node;
  bool is_collecting = false; ///< What was due.
};

/// Reads from hosts and does things on them at once, by short plays: so many at a time.
full_remote_actor::behavior_type
remote(full_remote_actor::stateful_pointer<checked_state<remote_state>> self, remote_parts parts);

} // namespace aops::actors
