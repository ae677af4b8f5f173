#pragma once

#include "runtime/base/config.hpp"
#include "runtime/io/mq/queue.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace aops::actors {

/// Messages that were read together.
struct message_batch {
  uint64_t number = 0; ///< Counts from 1 for the life of the loop.
  std::shared_ptr<const std::vector<mq::message>> messages;
};

/// Reads the topics of a group in a thread of its own and hands batches on, at most three that are
/// not done with. A position is committed once the batch and all before it are done. While batches
/// take long, or it is told to hold, it takes nothing more, and stays a member of its group. Before
/// partitions go to others it waits a little for what is under way; what is not done by then comes
/// again there. While the queue refuses it, it joins anew now and then: rights are granted, and
/// topics made, while it runs.
class consumer_loop {
public:
  using sink = std::function<void(message_batch)>;

  /// @param hand_on Called in the loop's thread; `done` may follow at once.
  /// @param refused_for So long it stays as it is when the queue refuses it; shorter at first, for
  /// a topic may be in the making.
  consumer_loop(std::shared_ptr<mq::message_queue> queue,
                const base::config& config,
                std::vector<std::string> topics,
                std::string group,
                sink hand_on,
                std::chrono::milliseconds refused_for = std::chrono::seconds{10});
  ~consumer_loop(); ///< Waits a little for what is under way, and leaves the group.
  consumer_loop(const consumer_loop&) = delete;
  consumer_loop& operator=(const consumer_loop&) = delete;

  /// ec::bad_request for wrong settings.
  expected<void> start();

  void done(uint64_t number); ///< A batch is stored. Any thread.
  void hold(bool must_hold) { must_hold_ = must_hold; }
  mq::standing state() const; ///< Any thread.

private:
  struct flight {
    uint64_t number = 0;
    std::vector<mq::position> positions;
    bool is_done = false;
  };

  void run();
  void take_some();
  void join_anew();
  void keep(std::unique_ptr<mq::consumer> consumer);
  void wait_for_flights(std::chrono::milliseconds patience);
  void settle(bool is_last);
  void before_loss(const std::vector<mq::partition_id>& lost);
  bool is_full(std::chrono::milliseconds patience);

  std::shared_ptr<mq::message_queue> queue_;
  const base::config config_;
  mq::consumer_options options_;
  sink hand_on_;
  const std::chrono::milliseconds refused_for_;
  std::unique_ptr<mq::consumer> consumer_; ///< The thread's; others look under the mutex.
  std::string refusal_; ///< Why the one before it was refused, until this one is let in.
  std::chrono::steady_clock::time_point joined_;
  int joins_ = 0; ///< Since it was let in.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<flight> flights_;
  uint64_t last_number_ = 0;
  std::atomic<bool> must_hold_ = false, must_end_ = false;
  std::thread thread_;
};

} // namespace aops::actors
