#pragma once

#include "actors/support/executor.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace aops::actors {

/// A fixed number of private threads with a bounded queue, for work that blocks.
class bounded_pool final : public executor {
public:
  /// @param name Of the threads; the first 15 characters show in tools.
  /// @param threads At least 1.
  /// @param capacity How many tasks may wait (those that run do not count); at least 1.
  bounded_pool(std::string name, size_t threads, size_t capacity);
  ~bounded_pool() override; ///< As `stop`.

  bounded_pool(const bounded_pool&) = delete;
  bounded_pool& operator=(const bounded_pool&) = delete;

  /// False when the queue is full or the pool is stopped. Never blocks.
  bool try_post(std::function<void()> task);
  bool post(std::function<void()> task) override { return try_post(std::move(task)); }

  /// Drops what waits, lets what runs finish, ends the threads. Dropped tasks are destroyed, so
  /// that a `foreign_promise` in one of them fails. Not from a thread of the pool.
  void stop();

  size_t waiting() const; ///< Length of the queue now.

private:
  void work();

  const std::string name_;
  const size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_; ///< Guarded by `mutex_`, like `stopped_`.
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

} // namespace aops::actors
