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
  int refusals = 0;           ///< How often the store has refused it.
  bool is_one_by_one = false; ///< Its messages are tried one by one.
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
  size_t told_jobs = 0;    ///< Since `jobs_are_there` was last sent.
  bool is_telling = false; ///< `jobs_are_there` is under way.
  bool is_holding = false;
  bool is_up = false;    ///< Brokers answered at the last look.
  int64_t open_jobs = 0; ///< At the last look, and what came since.
  int64_t waiting = 0;   ///< Events, at the last look that counted so far.
  int64_t looks = 0;
  bool is_trimming = false;
  std::map<size_t, std::string> troubles; ///< Why the store does not take a batch, by reader.
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
