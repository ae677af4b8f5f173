#pragma once

#include "messages/error.hpp"
#include "runtime/base/config.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// The port to message queues: consume in groups, publish all or nothing. Two implementations pass
/// one contract suite, Kafka and a queue within the process; the configuration chooses.
namespace aops::mq {

struct header {
  std::string name, value;
  friend bool operator==(const header&, const header&) = default;
};

struct outgoing {
  std::string topic;
  std::optional<std::string> key, value;
  std::vector<header> headers;
};

/// A message as it was read.
struct message {
  std::string topic;
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t time_ms = 0; ///< Its own time, from its producer or the queue.
  std::optional<std::string> key, value;
  std::vector<header> headers;
};

struct partition_id {
  std::string topic;
  int32_t number = 0;
  auto operator<=>(const partition_id&) const = default;
};

/// Up to where a partition is done with.
struct position {
  partition_id where;
  int64_t next = 0; ///< Offset of the first message that is not.
};

/// How a consumer stands. For people, not for decisions.
struct standing {
  bool is_connected = false; ///< The queue answers, and has let it into its group.
  bool is_refused = false;   ///< The queue answers, and does not let it read: another one may be.
  std::string problem;       ///< The last one while it is not connected.
  int64_t partitions = 0;    ///< Those it reads.
  int64_t lag = 0;           ///< Messages of these behind what is committed; exact once a second.
};

struct consumer_options {
  std::vector<std::string> topics;
  std::string group;
  /// Called within `poll` and at the end, before partitions go to others: what is done may be
  /// committed, what is not comes again elsewhere. Also when they are gone already.
  std::function<void(const std::vector<partition_id>&)> before_loss;
};

/// A member of a consumer group. One thread, but for `state`. Leaves the group at its end.
class consumer {
public:
  virtual ~consumer() = default;

  /// Messages in the order of their partitions, the first of a partition behind what is committed.
  /// Waits for the first one; when several are there, then until there are `most`, or `gather` has
  /// passed. None is no error, nor is a queue that does not answer: it is tried again for ever. To
  /// be called every minute or so, also while paused, for others take over from one that does not.
  virtual std::vector<message>
  poll(size_t most, std::chrono::milliseconds wait, std::chrono::milliseconds gather) = 0;

  /// Those who read the group's partitions after this begin there. Of partitions that are not its
  /// own any more nothing is said: another one may be further. @param is_last Waits a few seconds
  /// for the queue's answer; else nobody learns of a failure, and messages come again.
  virtual expected<void> commit(const std::vector<position>& done, bool is_last) = 0;

  /// Takes no more messages, and stays in the group.
  virtual void pause(bool is_paused) = 0;

  virtual standing state() const = 0; ///< Any thread.
};

/// Publishes under a name that one at a time has. One thread.
class publisher {
public:
  virtual ~publisher() = default;

  /// Takes the name over: whoever had it can publish nothing from now on, and what he had begun is
  /// undone. @returns The marks of the last publications whose first message went to these topics.
  /// ec::unreachable.
  virtual expected<std::vector<std::string>> begin(const std::vector<std::string>& topics) = 0;

  /// Publishes all of them, in order, or none, and leaves the mark. After an error nobody knows:
  /// `begin` tells by the marks.
  /// @param refused Gets the places of those that the queue will never take, such as too long ones;
  /// they were tried alone.
  /// ec::unreachable, also before `begin`; ec::fenced when somebody else has taken the name;
  /// ec::bad_request when some are refused.
  virtual expected<void> publish(const std::vector<outgoing>& all,
                                 const std::string& mark,
                                 std::vector<size_t>& refused) = 0;
};

struct topic_fact {
  std::string topic, error; ///< Why it cannot be used.
  int64_t partitions = 0;
  bool is_missing = false; ///< It is not there; then there is an error, too.
};

struct queue_facts {
  int64_t brokers = 0;
  std::vector<topic_fact> topics;
};

class message_queue {
public:
  virtual ~message_queue() = default;

  /// ec::bad_request for wrong settings. A queue that does not answer is no error.
  virtual expected<std::unique_ptr<consumer>> consume(consumer_options options) = 0;

  /// Likewise. @param name Of the publisher.
  virtual expected<std::unique_ptr<publisher>> publish(std::string name) = 0;

  /// Looks whether topics are there and may be used. Blocks. ec::unreachable.
  virtual expected<queue_facts> examine(const std::vector<std::string>& topics,
                                        std::chrono::milliseconds patience) = 0;
};

/// As section `kafka` of the configuration says.
/// ec::bad_request naming the option that is wrong, or the property of librdkafka.
expected<std::shared_ptr<message_queue>> open_queue(const base::config& config);

/// The consumer group of a topic.
std::string group_of(const base::config& config, const std::string& topic);

/// The name of the one who publishes for all nodes.
std::string publisher_of(const base::config& config);

} // namespace aops::mq
