#pragma once

#include "actors/kafka/kafka_store.hpp"
#include "actors/support/checked_state.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace aops::actors {

/// KAFKA PUBLISHER of this node; at work on the node that leads.
using kafka_publisher_actor = caf::typed_actor<
  // INTERNAL: looks whether something waits.
  caf::reacts_to<atom::tick>,
  caf::reacts_to<atom::ping>>;

struct kafka_publisher_state {
  explicit kafka_publisher_state() = default;
  static inline const char* name = kafka_publisher_name.data();
  kafka_services_ptr services;
  std::unique_ptr<mq::publisher> queue; ///< While this node publishes.
  bool has_begun = false; ///< It has the name, and knows what became of earlier batches.
  bool is_asking = false;
  size_t failures = 0; ///< In a row.
  int64_t quiet_until_ms = 0, trimmed_ms = 0;
};

using kafka_publisher_pointer =
  kafka_publisher_actor::stateful_pointer<checked_state<kafka_publisher_state>>;

/// Publishes the outbox of all nodes, each event once: a batch is marked in the store, published
/// together with its mark, and then deleted. Who comes after a crash learns from the queue whether
/// a batch that is still marked is published. Detached: it waits for the queue.
kafka_publisher_actor::behavior_type kafka_publisher(kafka_publisher_pointer self,
                                                     kafka_services_ptr services);

} // namespace aops::actors
