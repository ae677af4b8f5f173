#pragma once

#include "actors/store/store_access.hpp"
#include "messages/job.hpp"
#include "runtime/io/mq/queue.hpp"
#include "runtime/io/storage/dead_message_repository.hpp"

#include <span>
#include <vector>

/// What messages ask for becomes jobs; what cannot be used is put aside with the reason.
namespace aops::actors {

/// What a topic brings.
enum class request_kind : uint8_t { check, diagnosis };

/// A message that could not be used. Its identity follows from where it stood and when it was
/// written, so that it is the same one however often it is read.
/// @param most Bytes that it may have; of a longer one only the beginning is kept.
storage::dead_letter dead_letter_of(
  const mq::message& m, std::string reason, std::string detail, int64_t now_ms, size_t most);

/// The identity of its dead letter, should it become one.
std::string dead_id_of(const mq::message& m);

/// The identity of a job that its message does not name: from where the message stood.
std::string job_id_of(const mq::message& m);

/// What a batch of messages comes to. Each message is one job or one dead letter.
struct planned_batch {
  std::vector<job_to_create> jobs;
  std::vector<const mq::message*> sources; ///< Of each job.
  std::vector<std::string> dead_ids;       ///< Of each job the dead letter that it might have been.
  std::vector<storage::dead_letter> dead;
  /// Of each dead letter the job that it would be; empty: it cannot be told.
  std::vector<std::string> dead_jobs;
};

/// Looks up who asks, what he may, and what he names, with few queries for all of them. Refers to
/// the messages. Fails only when the store does.
expected<planned_batch> plan_requests(storage::database& db,
                                      const store_access& store,
                                      std::span<const mq::message> messages,
                                      request_kind kind);

} // namespace aops::actors
