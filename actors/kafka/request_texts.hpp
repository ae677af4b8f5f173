#pragma once

#include "runtime/io/mq/queue.hpp"

#include <string>
#include <variant>
#include <vector>

/// What messages say, whatever form they have.
namespace aops::actors {

/// Why a message cannot be used: a word, and what exactly.
struct refusal {
  std::string reason, detail;
};

/// A request of either kind.
struct queue_request {
  const mq::message* source = nullptr;
  std::string identity; ///< Of the message.
  std::string user;     ///< Empty: whoever the hosts belong to.
  std::vector<std::string> hosts, trees, items;
  std::string tree_text; ///< JSON; of the one tree. Empty: those of the names.
  int64_t start_ms = 0, end_ms = 0, interval_ms = 0;
  std::string task_id; ///< Of the job; empty: it follows from where the message stands.
};

/// Of key, value and headers.
size_t bytes_of(const mq::message& m);

/// @param most Bytes that a message may have.
std::variant<refusal, queue_request> read_check_message(const mq::message& m, int64_t most);
std::variant<refusal, queue_request> read_diagnosis_message(const mq::message& m, int64_t most);

} // namespace aops::actors
