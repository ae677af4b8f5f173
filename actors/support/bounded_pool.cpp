#include "actors/support/bounded_pool.hpp"

#include "runtime/base/log.hpp"

#include <algorithm>
#include <pthread.h>
#include <sys/resource.h>

namespace aops::actors {

namespace {

using base::urgency;

void run(const std::string& pool, const executor::job& job, expected<void> turn) {
  try {
    job(std::move(turn));
  } catch (const std::exception& e) {
    log::error("task-crashed", "A task of pool {} ends by an exception: {}", pool, e.what());
  } catch (...) {
    log::error("task-crashed", "A task of pool {} ends by an unknown exception", pool);
  }
}

pool_config of_one_class(std::string name, size_t threads, size_t capacity) {
  auto most = std::max<size_t>(capacity, 1);
  pool_config c;
  c.name = std::move(name);
  c.threads = threads;
  c.queue.most = c.queue.most_of_owner = c.queue.most_of_host = {0, most, 0, 0};
  // One that is asked for by all must not be filled by one.
  c.queue.most_of_owner[urgency::people] = std::max<size_t>(most * 3 / 4, 1);
  c.queue.patience_ms = base::never_ms;
  return c;
}

std::vector<urgency> classes_of(const pool_config& c) {
  std::vector<urgency> out;
  for (auto what : base::all_urgencies)
    if (c.queue.most[what] > 0)
      out.push_back(what);
  return out;
}

} // namespace

pool_config shared_threads(std::string name, size_t threads, size_t capacity) {
  auto most = std::max<size_t>(capacity, 1);
  auto at_least_one = [](size_t n) { return std::max<size_t>(n, 1); };
  pool_config c;
  c.name = std::move(name);
  c.threads = at_least_one(threads);
  c.queue.most = base::per_urgency{most};
  c.queue.most_of_owner = base::per_urgency{at_least_one(most / 2)};
  c.queue.most_of_host = base::per_urgency{at_least_one(most / 16)};
  auto half = at_least_one(c.threads / 2);
  c.most_threads = {c.threads, at_least_one(c.threads - 1), half, half};
  return c;
}

pool_config polite_threads(std::string name, size_t threads, size_t capacity, int64_t patience_ms) {
  pool_config c;
  c.name = std::move(name);
  c.threads = threads;
  c.queue.most = base::per_urgency<size_t>{capacity};
  c.queue.most_of_owner = base::per_urgency<size_t>{std::max<size_t>(capacity / 2, 1)};
  c.queue.most_of_host = base::per_urgency<size_t>{capacity};
  c.queue.patience_ms = patience_ms;
  c.politeness = 10;
  return c;
}

bounded_pool::bounded_pool(pool_config config)
    : config_(std::move(config)), queue_(config_.queue),
      figures_(config_.name, classes_of(config_), [this](urgency what) { return standing(what); }) {
  for (size_t i = 0; i < std::max<size_t>(config_.threads, 1); ++i) {
    threads_.emplace_back([this] { work(); });
    pthread_setname_np(threads_.back().native_handle(), config_.name.substr(0, 15).c_str());
  }
}

bounded_pool::bounded_pool(std::string name, size_t threads, size_t capacity)
    : bounded_pool(of_one_class(std::move(name), threads, capacity)) {}

bounded_pool::~bounded_pool() { stop(); }

bool bounded_pool::try_post(std::function<void()> task) {
  job work = [task = std::move(task)](const expected<void>&) { task(); };
  return !try_queue({}, work);
}

void bounded_pool::queue(base::ticket how, job work) {
  if (auto why = try_queue(std::move(how), work))
    run(config_.name, work, fail(std::move(*why)));
}

std::optional<error> bounded_pool::try_queue(base::ticket how, job& work) {
  {
    std::lock_guard lock{mutex_};
    if (stopped_)
      return error{ec::unreachable, config_.name + " ends"};
    if (auto why = queue_.push(std::move(how), work, config_.time->steady_ms()))
      return base::error_of(*why, config_.name);
  }
  wake_.notify_one();
  return {};
}

void bounded_pool::stop() {
  std::vector<item> dropped;
  {
    std::lock_guard lock{mutex_};
    stopped_ = true;
    dropped = queue_.take_all();
  }
  wake_.notify_all();
  for (auto& t : threads_)
    if (t.joinable())
      t.join();
  if (!dropped.empty())
    log::info("tasks-dropped", "Pool {} stops and drops {} tasks", config_.name, dropped.size());
}

size_t bounded_pool::waiting() const {
  std::lock_guard lock{mutex_};
  return queue_.size();
}

base::queue_standing bounded_pool::standing(urgency what) const {
  std::lock_guard lock{mutex_};
  return queue_.standing(what, config_.time->steady_ms());
}

bool bounded_pool::may_run(urgency what) const {
  size_t together = 0;
  for (auto i = base::all_urgencies.rbegin(); i != base::all_urgencies.rend(); ++i) {
    together += running_[*i];
    if (*i <= what && together >= config_.most_threads[*i])
      return false; // Also of a more urgent class, whose threads it would use, too.
  }
  return true;
}

void bounded_pool::work() {
  if (config_.politeness > 0)
    setpriority(PRIO_PROCESS,
                0,
                getpriority(PRIO_PROCESS, 0) + config_.politeness); // Of this thread, on Linux.
  std::unique_lock lock{mutex_};
  for (;;) {
    std::vector<item> late;
    std::optional<item> next;
    wake_.wait(lock, [&] {
      if (stopped_)
        return true;
      next = queue_.pop(
        config_.time->steady_ms(), [this](urgency what) { return may_run(what); }, late);
      return next.has_value() || !late.empty();
    });
    if (stopped_)
      return;
    if (next)
      ++running_[next->first.what];
    lock.unlock();
    for (auto& [how, job] : late)
      run(config_.name, job, fail(base::error_of(base::refusal::late, config_.name)));
    late.clear();
    if (next) {
      run(config_.name, next->second, {});
      next->second = nullptr; // What it held may post when it goes.
    }
    lock.lock();
    if (!next)
      continue;
    --running_[next->first.what];
    wake_.notify_all(); // A class may run again whose threads were all in use.
  }
}

} // namespace aops::actors
