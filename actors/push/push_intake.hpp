#pragma once

#include "actors/push/known_hosts.hpp"
#include "actors/store/host_tokens.hpp"
#include "actors/support/bytes_held.hpp"
#include "actors/support/checked_state.hpp"
#include "messages/roles/push.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace aops::actors {

/// INTERNAL: a request was read; its parts are to be handed to their hosts.
struct write_read {
  std::shared_ptr<split_write> what;
  foreign_promise<write_taken> promise;
  std::shared_ptr<bytes_held> held; ///< Until all of it is stored.
};

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::write_read)

namespace aops::actors {

struct push_intake_parts {
  store_ptr store;
  std::shared_ptr<host_token_cache> tokens; ///< Shared with whom hosts send other things.
  std::shared_ptr<executor> intake;         ///< Reads what comes in.
  std::shared_ptr<known_hosts> hosts;
};

struct push_intake_state {
  explicit push_intake_state() = default;
  static inline const char* name = push_intake_name.data();
  push_intake_parts parts;
  /// Bytes that came and are not stored yet.
  bytes_held::sum under_way = std::make_shared<std::atomic<int64_t>>(0);
};

using full_push_intake_actor =
  caf::typed_actor<caf::reacts_to<write_read>>::extend_with<push_intake_actor>;
using push_intake_pointer =
  full_push_intake_actor::stateful_pointer<checked_state<push_intake_state>>;

/// Takes in what senders push. No scheduler thread reads any of it.
full_push_intake_actor::behavior_type push_intake(push_intake_pointer self,
                                                  push_intake_parts parts);

/// Threads for that.
std::shared_ptr<executor> push_intake_threads();

} // namespace aops::actors
