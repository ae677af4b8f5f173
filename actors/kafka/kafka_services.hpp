#pragma once

#include "actors/support/directory.hpp"
#include "messages/kafka.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/config.hpp"
#include "runtime/base/health.hpp"
#include "runtime/io/mq/queue.hpp"

#include <functional>
#include <memory>
#include <mutex>

namespace aops::actors {

/// How this node gets on with its queue, for those who ask. Any thread.
class kafka_standing {
public:
  /// `change(kafka_status&)`
  template <class Change>
  void update(Change change) {
    std::lock_guard guard{mutex_};
    change(now_);
  }
  kafka_status get() const {
    std::lock_guard guard{mutex_};
    return now_;
  }

private:
  mutable std::mutex mutex_;
  kafka_status now_{"off", {}, {}, {}, false, 0, 0, 0, 0};
};

/// What the actors of this folder are given.
struct kafka_services {
  std::shared_ptr<mq::message_queue> queue; ///< Null: turned off.
  std::shared_ptr<const directory> names;
  std::shared_ptr<const base::clock> clock;
  std::shared_ptr<const base::config> config;
  std::shared_ptr<base::health> health;
  std::shared_ptr<kafka_standing> standing = std::make_shared<kafka_standing>();
  /// Whether this node publishes for all: the leader does. Any thread.
  std::function<bool()> is_publisher = [] { return true; };
  bool is_single = true; ///< There are no other nodes.
};
using kafka_services_ptr = std::shared_ptr<const kafka_services>;

/// Events that nobody will read. @param reason `too_many` waited; the queue has `refused` them.
void count_dropped(const char* reason, int64_t events);

} // namespace aops::actors
