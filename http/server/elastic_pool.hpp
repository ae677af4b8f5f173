#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace aops::http {

/// Threads for work that waits a lot: a few stay, more come as needed up to a cap, and those that
/// idle go again. Nothing queues: work gets a thread at once or is refused.
class elastic_pool {
public:
  struct limits {
    size_t core = 4;
    size_t cap = 2048;
    std::chrono::milliseconds idle{
      10'000}; ///< After this long without work a thread beyond the core ends.
  };

  explicit elastic_pool(limits l) : limits_(l) {}
  ~elastic_pool() { join(); }
  elastic_pool(const elastic_pool&) = delete;
  elastic_pool& operator=(const elastic_pool&) = delete;

  /// False when all `cap` threads are at work, or the system gives no more, or after `join`.
  bool try_run(std::function<void()> work);

  /// Takes no more work and waits for what is at work; false when that lasts longer than `grace`.
  bool close(std::chrono::milliseconds grace);
  /// `close` without end.
  void join();

  size_t threads() const;
  size_t busy() const;

private:
  void serve(std::list<std::thread>::iterator self);
  void reap(); ///< Joins threads that ended; with the lock held.

  limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable work_came_, thread_ended_;
  std::deque<std::function<void()>> handed_over_; ///< Never longer than `idle_`.
  size_t idle_ = 0;
  bool is_closed_ = false;
  std::list<std::thread> threads_, ended_;
};

} // namespace aops::http
