#pragma once

#include "runtime/base/config.hpp"
#include "runtime/io/storage/database.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aops::storage {

/// Where events go by subject; an empty one is not published. Refers to the configuration.
struct event_topics {
  std::string_view results, progress, reports;
};
event_topics event_topics_of(const base::config& c);

/// An event that is to be published. `headers` is the repository's own text; see `outbox_headers`.
struct outbox_event {
  int64_t key = 0; ///< Of its row.
  std::string event_id, topic;
  std::optional<std::string> message_key, body;
  std::string headers;
};

/// What has yet to be published to a message queue. Rows come in the transactions that they tell
/// of, and leave once the queue has them. Those of one key are published in the order in which they
/// came: whoever writes about a host or a task is alone with it.
class outbox_repository {
public:
  explicit outbox_repository(database& db) : db_(db) {}

  /// In a transaction.
  expected<void> add(const std::vector<outbox_event>& events);

  /// The oldest that no batch has become one. In a transaction. @returns How many.
  expected<int64_t> claim(std::string_view batch, int64_t limit);

  /// The events of batches, in order: at most one batch is there unless publishers disagreed.
  expected<std::vector<std::pair<std::string, outbox_event>>> claimed();

  /// A batch is published. In a transaction.
  expected<int64_t> published(std::string_view batch);

  /// Drops what cannot be published, and keeps count of it. In a transaction.
  expected<void> refused(const std::vector<int64_t>& keys, int64_t now_ms);

  /// Of these the first `kept_of_long` bytes have to do. In a transaction.
  expected<void> shorten(const std::vector<int64_t>& keys);

  /// How many wait; counts no further than `most`.
  expected<int64_t> waiting(int64_t most);

  /// Drops the oldest of more than `most`, a portion of them, and keeps count of it: events only,
  /// not those that a batch has, nor messages that could not be used or are sent again, for these
  /// are nowhere else. In a transaction. @returns How many.
  expected<int64_t> trim(int64_t most, const event_topics& events, int64_t now_ms);

  expected<int64_t> lost(); ///< How many were ever dropped.

  static constexpr size_t kept_of_long = 1024;
  static constexpr int64_t trimmed_at_once = 5000;

private:
  expected<void> drop(const std::vector<int64_t>& keys, std::string_view reason, int64_t now_ms);
  expected<void> forget(const std::vector<int64_t>& keys);
  database& db_;
};

} // namespace aops::storage
