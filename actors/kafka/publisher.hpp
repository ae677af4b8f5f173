#pragma once

#include "actors/kafka/kafka_store.hpp"
#include "actors/region/region_steps.hpp"
#include "actors/support/checked_state.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace aops::actors {

/// KAFKA PUBLISHER of this node; at work on the node that leads.
using kafka_publisher_actor = event_publisher_actor;

struct kafka_publisher_state {
  explicit kafka_publisher_state() = default;
  static inline const char* name = kafka_publisher_name.data();
  kafka_services_ptr services;
  std::unique_ptr<mq::publisher> queue; ///< While this node publishes.
  bool has_begun = false; ///< It has the name, and knows what became of earlier batches.
  bool is_asking = false;
  bool is_wanted = false; ///< Somebody has stored an event while it was asking.
  size_t failures = 0;    ///< In a row.
  size_t takeovers = 0;   ///< Of its name by others, none ten minutes after the one before.
  int64_t last_takeover_ms = 0;
  int64_t quiet_until_ms = 0;
  own_tick tick;
};

using kafka_publisher_pointer =
  kafka_publisher_actor::stateful_pointer<checked_state<kafka_publisher_state>>;

/// Publishes the outbox of all nodes, each event once: a batch is marked in the store, published
/// together with its mark, and then deleted. Who comes after a crash learns from the queue whether
/// a batch that is still marked is published. It looks when it is told of events, and a few times a
/// second for those of other nodes. Detached: it waits for the queue.
kafka_publisher_actor::behavior_type kafka_publisher(kafka_publisher_pointer self,
                                                     kafka_services_ptr services);

} // namespace aops::actors
