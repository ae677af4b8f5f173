#pragma once

#include "actors/support/executor.hpp"
#include "runtime/base/queue_figures.hpp"

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace aops::actors {

struct pool_config {
  std::string name; ///< Of the threads, of which the first 15 characters show, and of the figures.
  size_t threads = 1; ///< At least 1.
  base::queue_limits queue;
  /// How many threads a class may use together with the less urgent ones; at least 1.
  base::per_urgency<size_t> most_threads{SIZE_MAX};
  int politeness = 0; ///< Added to the niceness of each thread, 0 to 19.
  const base::time_source* time = &base::system_time();
};

/// Threads that keep some for the urgent: one is never used but for what is live, and half of them
/// neither for the past of hosts nor for tasks. A single one is for all, by their shares.
/// @param capacity How many may wait of a class; half of it for an owner, a sixteenth for a host.
pool_config shared_threads(std::string name, size_t threads, size_t capacity);

/// Threads for long work that people wait for and that reads what is stored. Sampling comes first:
/// they get what it leaves.
/// @param capacity How many may wait; half of it for an owner.
/// @param patience_ms How long one may wait.
pool_config polite_threads(std::string name, size_t threads, size_t capacity, int64_t patience_ms);

/// A fixed number of private threads with a bounded queue, for work that blocks.
class bounded_pool final : public executor {
public:
  explicit bounded_pool(pool_config config);
  /// For work that is all of one class and of nobody in particular.
  /// @param capacity How many tasks may wait (those that run do not count); at least 1.
  bounded_pool(std::string name, size_t threads, size_t capacity);
  ~bounded_pool() override; ///< As `stop`.

  bounded_pool(const bounded_pool&) = delete;
  bounded_pool& operator=(const bounded_pool&) = delete;

  /// False when the queue is full or the pool is stopped. Never blocks.
  bool try_post(std::function<void()> task);
  bool post(std::function<void()> task) override { return try_post(std::move(task)); }
  void queue(base::ticket how, job work) override;

  /// Drops what waits, lets what runs finish, ends the threads. Dropped tasks are destroyed, so
  /// that a `foreign_promise` in one of them fails. Not from a thread of the pool.
  void stop();

  size_t waiting() const; ///< Length of the queue now.
  base::queue_standing standing(base::urgency what) const;

private:
  using item = std::pair<base::ticket, job>;

  /// @returns Why it is refused; `work` is moved from unless it is.
  std::optional<error> try_queue(base::ticket how, job& work);
  bool may_run(base::urgency what) const;
  void work();

  const pool_config config_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  base::fair_queue<job> queue_; ///< Guarded by `mutex_`, like the next two.
  base::per_urgency<size_t> running_{0};
  bool stopped_ = false;
  std::vector<std::thread> threads_;
  base::queue_figures figures_; ///< Ends first: it looks at the queue.
};

} // namespace aops::actors
