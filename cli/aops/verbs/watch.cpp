#include "cli/aops/verbs/watch.hpp"

#include "cli/aops/net/event_stream.hpp"
#include "cli/aops/term/progress_bar.hpp"
#include "cli/aops/text/text.hpp"
#include "messages/diag.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <thread>

namespace aops::cli {

namespace {

/// Followed at once; the rest wait their turn.
constexpr size_t most_streams = 16;
/// Connections without an event before polling begins.
constexpr int most_fruitless = 5;
/// Three heartbeats.
constexpr int stream_silence_s = 45;
/// Without a stream the progress is asked for, and given up after so many times without any.
constexpr int poll_ms = 5000, most_idle_polls = 10;

} // namespace

watcher::watcher(session& s, std::vector<watched_task> tasks, bool loud)
    : s_(s), tasks_(std::move(tasks)), loud_(loud && !s.io.err_is_terminal) {}

const std::vector<watched_task>& watcher::run() {
  std::vector<std::thread> workers;
  running_ = std::min(tasks_.size(), most_streams);
  for (size_t i = running_; i > 0; --i)
    workers.emplace_back([this] { work(); });
  std::unique_lock lock(mutex_);
  uint64_t seen = 0;
  while (true) {
    changed_.wait(lock, [&] { return running_ == 0 || changes_ != seen; });
    seen = changes_;
    uint64_t done = 0, expected = 0;
    for (const auto& task : tasks_) {
      done += std::min(task.done, task.expected);
      expected += task.expected;
    }
    bool is_last = running_ == 0;
    lock.unlock();
    draw(done, expected);
    if (is_last)
      break;
    lock.lock();
  }
  for (auto& worker : workers)
    worker.join();
  if (s_.io.err_is_terminal)
    s_.io.err << std::endl;
  return tasks_;
}

void watcher::work() {
  while (true) {
    std::unique_lock lock(mutex_);
    if (next_ == tasks_.size()) {
      --running_;
      changed_.notify_all();
      return;
    }
    auto& task = tasks_[next_++];
    lock.unlock();
    if (auto nodes = s_.new_nodes())
      follow(task, *nodes);
    else
      finish(task, {}, nodes.error().detail);
  }
}

void watcher::follow(watched_task& task, node_list& nodes) {
  auto path = "/diag/progress/stream?task_id=" + task.id;
  event_stream events;
  int fruitless = 0;
  size_t tries = 0;
  while (true) {
    events.reconnect();
    bool fruitful = false, over = false;
    auto take_bytes = [&](std::string_view bytes) {
      for (const auto& e : events.feed(bytes)) {
        fruitful = true;
        over = take(task, e.name, e.data) || over;
      }
      return !over && !events.broken();
    };
    auto result = nodes.stream(path, events.last_id(), stream_silence_s, take_bytes);
    if (ended(task))
      return;
    if (!result && result.error() == ec::session_invalid)
      return finish(task, {}, result.error().detail);
    // The next node is tried at once, all of them again only after a while.
    bool all_tried = ++tries % nodes.size() == 0;
    fruitless = fruitful ? 0 : fruitless + (all_tried ? 1 : 0);
    bool is_not_offered = !result && result.error() == ec::not_found;
    if (over || is_not_offered || fruitless == most_fruitless)
      return poll(task, nodes);
    if (all_tried)
      s_.io.pause(250 << fruitless);
  }
}

void watcher::poll(watched_task& task, node_list& nodes) {
  for (int idle = 0; idle < most_idle_polls; ++idle) {
    auto before = task.done;
    auto reply = nodes.post("/diag/progress/get", body_of(progress_query{{task.id}}));
    if (reply && succeeded(*reply)) {
      for (const auto& row : member(*reply, "result"))
        if (text_of(row, "task_id") == task.id)
          take_progress(task, row);
    } else if (reply && reply_error(*reply) == ec::session_invalid) {
      return finish(task, {}, reply_error(*reply).detail);
    }
    if (ended(task))
      return;
    if (task.done > before)
      idle = -1;
    s_.io.pause(poll_ms);
  }
  finish(
    task, {}, fmt::format("no progress for {} s; it may go on", most_idle_polls * poll_ms / 1000));
}

void watcher::take_progress(watched_task& task, const json& row) {
  advance(task, count_of(row, "progress"));
  auto state = text_of(row, "state");
  bool is_final =
    state == "done" || state == "failed" || state == "cancelled" || state == "interrupted";
  if (is_final)
    finish(task, state, {});
  else if (state.empty() && task.done >= task.expected) // A node that tells no states.
    finish(task, "done", {});
}

bool watcher::take(watched_task& task, std::string_view event, std::string_view data) {
  if (event != "progress" && event != "done")
    return false;
  auto content = parse_json(data);
  if (!content)
    return false;
  auto expected =
    std::max(count_of(*content, "expected_report_num"), count_of(*content, "expected_result_num"));
  {
    std::lock_guard lock(mutex_);
    task.expected = expected ? expected : task.expected;
  }
  advance(task, count_of(*content, "progress"));
  if (event != "done")
    return false;
  // Without a state the progress is asked for: it tells whether the task was cancelled.
  if (auto state = text_of(*content, "state"); !state.empty())
    finish(task, state, {});
  return true;
}

void watcher::advance(watched_task& task, uint64_t done) {
  std::lock_guard lock(mutex_);
  task.done = std::max(task.done, done);
  ++changes_;
  changed_.notify_all();
}

void watcher::finish(watched_task& task, std::string state, std::string trouble) {
  std::lock_guard lock(mutex_);
  task.state = std::move(state);
  task.trouble = std::move(trouble);
  ++changes_;
  changed_.notify_all();
}

bool watcher::ended(const watched_task& task) {
  std::lock_guard lock(mutex_);
  return !task.state.empty() || !task.trouble.empty();
}

void watcher::draw(uint64_t done, uint64_t expected) {
  auto& err = s_.io.err;
  if (s_.io.err_is_terminal) {
    err << '\r' << progress_bar(done, expected, s_.io.width - 1, s_.io.unicode) << "\x1b[K"
        << std::flush;
    return;
  }
  auto tenth = expected == 0 ? 0 : done * 10 / expected;
  if (!loud_ || tenth == last_tenth_)
    return;
  last_tenth_ = tenth;
  err << progress_bar(done, expected, 0, false) << std::endl;
}

int judge_tasks(session& s, const std::vector<watched_task>& tasks) {
  int code = exit_done;
  for (const auto& task : tasks) {
    if (task.state == "done")
      continue;
    code = s.complain(
      {ec::task_failed,
       fmt::format("task {}: {}", task.id, task.trouble.empty() ? task.state : task.trouble)});
  }
  return code;
}

} // namespace aops::cli
