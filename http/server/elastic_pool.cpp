#include "http/server/elastic_pool.hpp"

#include <system_error>

namespace aops::http {

bool elastic_pool::try_run(std::function<void()> work) {
  std::lock_guard lock{mutex_};
  reap();
  if (is_closed_)
    return false;
  if (idle_ > handed_over_.size()) {
    handed_over_.push_back(std::move(work));
    work_came_.notify_one();
    return true;
  }
  if (threads_.size() >= limits_.cap)
    return false;
  handed_over_.push_back(std::move(work)); // The new thread counts as idle until it takes this.
  ++idle_;
  auto self = threads_.emplace(threads_.end());
  try {
    *self = std::thread{[this, self] { serve(self); }};
    return true;
  } catch (const std::system_error&) {
    threads_.erase(self);
    handed_over_.pop_back();
    --idle_;
    return false;
  }
}

void elastic_pool::serve(std::list<std::thread>::iterator self) {
  std::unique_lock lock{mutex_};
  while (true) {
    auto has_news = [this] { return !handed_over_.empty() || is_closed_; };
    bool came = work_came_.wait_for(lock, limits_.idle, has_news);
    if (!came && threads_.size() <= limits_.core)
      continue;
    --idle_;
    if (handed_over_.empty())
      break;
    auto work = std::move(handed_over_.front());
    handed_over_.pop_front();
    lock.unlock();
    work();
    work = nullptr; // Ends what it holds before the thread counts as idle.
    lock.lock();
    ++idle_;
  }
  ended_.splice(ended_.end(), threads_, self);
  thread_ended_.notify_all();
}

void elastic_pool::reap() {
  for (auto& t : ended_)
    t.join(); // It holds no lock any more but this one, which it gave up on its last line.
  ended_.clear();
}

bool elastic_pool::close(std::chrono::milliseconds grace) {
  std::unique_lock lock{mutex_};
  is_closed_ = true;
  work_came_.notify_all();
  return thread_ended_.wait_for(lock, grace, [this] { return threads_.empty(); });
}

void elastic_pool::join() {
  std::unique_lock lock{mutex_};
  is_closed_ = true;
  work_came_.notify_all();
  thread_ended_.wait(lock, [this] { return threads_.empty(); });
  reap();
}

size_t elastic_pool::threads() const {
  std::lock_guard lock{mutex_};
  return threads_.size();
}

size_t elastic_pool::busy() const {
  std::lock_guard lock{mutex_};
  return threads_.size() - (idle_ - handed_over_.size());
}

} // namespace aops::http
