#include "actors/support/bounded_pool.hpp"

#include "runtime/base/log.hpp"

#include <algorithm>
#include <pthread.h>

namespace aops::actors {

namespace {

void run(const std::string& pool, std::function<void()>& task) {
  try {
    task();
  } catch (const std::exception& e) {
    log::error("task-crashed", "A task of pool {} ends by an exception: {}", pool, e.what());
  } catch (...) {
    log::error("task-crashed", "A task of pool {} ends by an unknown exception", pool);
  }
}

} // namespace

bounded_pool::bounded_pool(std::string name, size_t threads, size_t capacity)
    : name_(std::move(name)), capacity_(std::max<size_t>(capacity, 1)) {
  for (size_t i = 0; i < std::max<size_t>(threads, 1); ++i) {
    threads_.emplace_back([this] { work(); });
    pthread_setname_np(threads_.back().native_handle(), name_.substr(0, 15).c_str());
  }
}

bounded_pool::~bounded_pool() { stop(); }

bool bounded_pool::try_post(std::function<void()> task) {
  {
    std::lock_guard lock{mutex_};
    if (stopped_ || queue_.size() >= capacity_)
      return false;
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void bounded_pool::stop() {
  std::deque<std::function<void()>> dropped;
  {
    std::lock_guard lock{mutex_};
    stopped_ = true;
    dropped.swap(queue_);
  }
  wake_.notify_all();
  for (auto& t : threads_)
    if (t.joinable())
      t.join();
  if (!dropped.empty())
    log::info("tasks-dropped", "Pool {} stops and drops {} tasks", name_, dropped.size());
}

size_t bounded_pool::waiting() const {
  std::lock_guard lock{mutex_};
  return queue_.size();
}

void bounded_pool::work() {
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock lock{mutex_};
      wake_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
      if (stopped_)
        return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    run(name_, task);
  }
}

} // namespace aops::actors
