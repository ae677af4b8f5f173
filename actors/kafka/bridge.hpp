#pragma once

#include "actors/kafka/consumer_loop.hpp"
#include "actors/kafka/kafka_store.hpp"
#include "actors/support/checked_state.hpp"
#include "runtime/base/often_told.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <map>

namespace aops::actors {

/// INTERNAL: a loop has read something; or it is tried again.
struct batch_arrived {
  size_t loop = 0;
  message_batch batch;
};

/// INTERNAL: the region of jobs is to look.
struct jobs_are_there {};

/// KAFKA BRIDGE of this node.
using kafka_bridge_actor = caf::typed_actor<caf::reacts_to<batch_arrived>,
                                            caf::reacts_to<jobs_are_there>,
                                            // INTERNAL: looks how things stand.
                                            caf::reacts_to<atom::tick>,
                                            caf::reacts_to<atom::ping>>;

struct kafka_bridge_state {
  explicit kafka_bridge_state() = default;
  static inline const char* name = kafka_bridge_name.data();

  struct reader {
    std::string topic, group;
    request_kind kind = request_kind::check;
    std::unique_ptr<consumer_loop> loop;
    int64_t accepted = 0, repeated = 0, rejected = 0;
  };

  kafka_services_ptr services;
  std::vector<reader> readers; ///< One a topic. Their threads end with the state.
  std::map<uint16_t, std::string> new_jobs;
  bool is_telling = false; ///< `jobs_are_there` is under way.
  bool is_holding = false;
  bool is_up = false;    ///< Brokers answered at the last look.
  int64_t open_jobs = 0; ///< At the last look, and what came since.
  std::string trouble;   ///< Why the store did not take a batch, while it does not.
  base::often_told told;
};

using kafka_bridge_pointer =
  kafka_bridge_actor::stateful_pointer<checked_state<kafka_bridge_state>>;

/// Brings what the topics of requests have into the store, batch by batch, and holds while too many
/// jobs are open. Detached: it may wait for a queue when it ends.
kafka_bridge_actor::behavior_type kafka_bridge(kafka_bridge_pointer self,
                                               kafka_services_ptr services);

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::batch_arrived)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::jobs_are_there)
