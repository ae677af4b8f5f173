#pragma once

#include "actors/kafka/kafka_services.hpp"
#include "actors/kafka/request_planner.hpp"
#include "messages/roles/kafka.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

namespace aops::actors {

/// Messages of one topic, to be stored before their positions are committed.
struct messages_to_take {
  std::shared_ptr<const std::vector<mq::message>> messages;
  request_kind kind = request_kind::check;
  /// The store refused them together: each is tried alone, and one that it refuses is put aside.
  bool is_one_by_one = false;
};

/// Whether the store says no for good: to one of the messages, that is. Else it is asked again.
bool is_refusal(const error& why);

struct messages_taken {
  int64_t accepted = 0, repeated = 0, rejected = 0;
  std::vector<std::string> new_jobs; ///< One of each slot that got some.
};

/// What has piled up.
struct kafka_backlog_query {
  bool is_thorough = false; ///< Else events are counted up to `counted_quickly` only.
};
struct kafka_backlog {
  int64_t open_jobs = 0, waiting = 0; ///< Counted no further than a little beyond their limits.
  int64_t lost = 0;                   ///< Events that were dropped, of all nodes, since ever.
};
inline constexpr int64_t counted_quickly = 20'000;

/// Drops the oldest of too many events; a portion of them. On the node that leads.
struct outbox_to_trim {};
struct outbox_trimmed {
  int64_t dropped = 0;
  bool is_more = false; ///< There are still too many.
};

/// A step of the publisher: ends the batch that is published, and begins the next.
struct outbox_step {
  std::string published;         ///< Batch; empty: none.
  std::vector<int64_t> unusable; ///< Events that the queue will never take, not even shortened.
  std::vector<int64_t> too_long; ///< Copies of messages of which the beginning has to do.
  bool is_first = false;         ///< Only tells which batches somebody has begun.
};

/// Events to publish, each with its batch; none: nothing waits.
struct outbox_batches {
  std::vector<std::pair<std::string, storage::outbox_event>> events;
};

/// KAFKA STORE, with what only the bridge of the same node asks.
using full_kafka_store_actor =
  caf::typed_actor<answers<messages_to_take, messages_taken>,
                   answers<kafka_backlog_query, kafka_backlog>,
                   answers<outbox_to_trim, outbox_trimmed>,
                   answers<outbox_step, outbox_batches>>::extend_with<kafka_store_actor>;

struct kafka_store_state {
  explicit kafka_store_state() = default;
  static inline const char* name = kafka_store_name.data();
  store_ptr store;
  std::shared_ptr<kafka_standing> standing;
};

/// What comes from a queue and goes there, as far as the store is concerned. A batch of messages
/// becomes jobs and dead letters in one transaction; the same messages again change nothing: what
/// was a job stays one, and what was put aside stays aside, whatever has changed since.
full_kafka_store_actor::behavior_type
kafka_store(full_kafka_store_actor::stateful_pointer<checked_state<kafka_store_state>> self,
            store_ptr store,
            std::shared_ptr<kafka_standing> standing);

} // namespace aops::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::messages_to_take)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::messages_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::kafka_backlog_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::kafka_backlog)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::outbox_to_trim)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::outbox_trimmed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::outbox_step)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::outbox_batches)
