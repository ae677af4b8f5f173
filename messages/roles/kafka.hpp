#pragma once

#include "messages/kafka.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/kafka.hpp"

namespace aops {

namespace actors {
inline constexpr std::string_view kafka_store_name = "store/kafka";
inline constexpr std::string_view kafka_bridge_name = "kafka/bridge";
inline constexpr std::string_view kafka_publisher_name = "kafka/publisher";
} // namespace actors

/// KAFKA STORE: messages that could not be used, and how this node gets on with the queue.
using kafka_store_actor = caf::typed_actor<
  // How this node reads and publishes.
  asks<kafka_query, kafka_status>,
  // A page of messages that could not be used.
  asks<dead_query, dead_page>,
  // One of them with its content. ec::not_found.
  asks<dead_to_show, dead_shown>,
  // Sends them to their topics again.
  asks<dead_to_replay, dead_changed>,
  // Forgets their contents.
  asks<dead_to_drop, dead_changed>,
  caf::reacts_to<atom::ping>>;

/// KAFKA PUBLISHER: brings events of the store to the queue.
using event_publisher_actor = caf::typed_actor<
  // Events were stored: it looks at once.
  caf::reacts_to<atom::tick>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
