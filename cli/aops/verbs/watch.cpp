#include "cli/aops/verbs/watch.hpp"

#include "cli/aops/net/event_stream.hpp"
#include "cli/aops/term/interrupt.hpp"
#include "cli/aops/term/progress_bar.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "messages/diag.hpp"
#include "messages/host.hpp"
#include "messages/job_waits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
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
/// Without progress for so long, and the time for one question, a bar stands still.
constexpr std::chrono::milliseconds stands_after{1500};
constexpr int question_s = 1;
/// Hosts that a bar names.
constexpr size_t most_named = 2;
/// What tells nodes apart, mostly.
constexpr size_t short_id = 8;

} // namespace

watcher::watcher(session& s, std::vector<watched_task> tasks, bool loud)
    : s_(s), tasks_(std::move(tasks)), loud_(loud && !s.io.err_is_terminal) {}

const std::vector<watched_task>& watcher::run() {
  std::vector<std::thread> workers;
  running_ = std::min(tasks_.size(), most_streams);
  for (size_t i = running_; i > 0; --i)
    workers.emplace_back([this] { work(); });
  at_interrupt goodbye([this] { say_goodbye(); });
  std::unique_lock lock(mutex_);
  uint64_t seen = 0;
  while (true) {
    bool moved =
      changed_.wait_for(lock, stands_after, [&] { return running_ == 0 || changes_ != seen; });
    seen = changes_;
    uint64_t done = 0, expected = 0;
    for (const auto& task : tasks_) {
      done += std::min(task.done, task.expected);
      expected += task.expected;
    }
    bool is_last = running_ == 0;
    lock.unlock();
    draw(done, expected, moved || !is_seen() ? std::string{} : why_it_stands());
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
      lose(task, {}); // A heartbeat says that the node is there.
      for (const auto& e : events.feed(bytes)) {
        fruitful = true;
        over = take(task, e.name, e.data) || over;
      }
      return !over && !events.broken();
    };
    auto result = nodes.stream(path, events.last_id(), stream_silence_s, take_bytes);
    if (ended(task))
      return;
    if (!result)
      lose(task, result.error().detail);
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
  finish(task, {}, tr("no progress for {} s; it may go on", most_idle_polls * poll_ms / 1000));
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
  task.lost.clear();
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

void watcher::lose(watched_task& task, const std::string& why) {
  std::lock_guard lock(mutex_);
  task.lost = why;
}

std::string watcher::why_it_stands() {
  progress_query query;
  {
    std::lock_guard lock(mutex_);
    for (const auto& task : tasks_) {
      if (!task.lost.empty() && task.state.empty())
        return tr("{}; tries again", task.lost);
      if (task.state.empty() && task.trouble.empty() && query.task_list.size() < most_streams)
        query.task_list.push_back(task.id);
    }
  }
  auto nodes = s_.new_nodes(question_s);
  auto reply =
    nodes ? nodes->post("/diag/progress/get", body_of(query)) : expected<json>{fail(nodes.error())};
  if (!reply)
    return reply.error().detail;
  if (!succeeded(*reply))
    return reply_error(*reply).detail;
  std::map<std::string, std::string> states; ///< One task of each.
  for (const auto& row : member(*reply, "result"))
    states.emplace(text_of(row, "state"), text_of(row, "task_id"));
  auto has = [&](const char* state) { return states.contains(state); };
  if (has("running"))
    if (auto waits = what_it_waits_for(*nodes, states["running"]); !waits.empty())
      return waits;
  return has("running")           ? tr("the node works on it")
         : has("waiting_for_key") ? tr("waits for the vault key")
         : has("pending")         ? tr("waits for its turn: other tasks run")
         : has("interrupted")     ? tr("the node it ran on is gone; another takes over")
                                  : tr("the end is not told yet");
}

std::string watcher::what_it_waits_for(node_list& nodes, const std::string& task) const {
  auto reply = nodes.post("/diag/task/waits", body_of(task_waits_query{task}));
  if (!reply || !succeeded(*reply))
    return {};
  const auto& waits = member(*reply, "waits_for");
  if (waits.empty())
    return {};
  hosts_query query;
  for (const auto& x : waits)
    if (query.host_list.size() < most_named)
      query.host_list.push_back(text_of(x, "host_id"));
  std::map<std::string, std::string> names;
  if (auto hosts = nodes.post("/manage/host/get", body_of(query)); hosts && succeeded(*hosts))
    for (const auto& x : member(*hosts, "host_infos"))
      names[text_of(x, "host_id")] = text_of(x, "host_name");
  std::vector<std::string> parts;
  for (const auto& x : waits) {
    if (parts.size() == most_named)
      break;
    auto id = text_of(x, "host_id"), node = text_of(x, "node"), why = text_of(x, "last_error");
    auto age = std::max<int64_t>(0, s_.io.now_s() - static_cast<int64_t>(number_of(x, "since")));
    parts.push_back(
      fmt::format("{} ({} s, {}{}{})",
                  names.contains(id) ? names[id] : id,
                  age,
                  node.empty() ? tr("no node has it") : tr("node {}", node.substr(0, short_id)),
                  why.empty() ? "" : ": ",
                  why));
  }
  auto text = tr("waits for {}", joined(parts, ", "));
  if (auto all = count_of(*reply, "hosts"); all > parts.size())
    text += tr(" and {} more hosts", all - parts.size());
  return text;
}

/// The tasks are the node's: nothing here ends them.
void watcher::say_goodbye() {
  std::vector<std::string> running;
  {
    std::lock_guard lock(mutex_);
    for (const auto& task : tasks_)
      if (task.state.empty())
        running.push_back(task.id);
  }
  if (!running.empty())
    s_.note(tr("{} {}; follow: aops diag follow {}; end: aops diag cancel {}",
               running.size() == 1 ? tr("the task goes on as") : tr("the tasks go on as"),
               joined(running, ", "),
               joined(running, " "),
               joined(running, " ")));
}

bool watcher::is_seen() const { return loud_ || s_.io.err_is_terminal; }

void watcher::draw(uint64_t done, uint64_t expected, const std::string& why) {
  auto& err = s_.io.err;
  if (s_.io.err_is_terminal) {
    auto width = s_.io.width - 1;
    auto reason = why.empty() ? why : "  " + printable(why);
    // What is said of a bar that stands needs no long bar.
    auto bar = progress_bar(done,
                            expected,
                            width - std::min(width, std::min(columns(reason), 2 * width / 3)),
                            s_.io.unicode);
    err << '\r' << bar << clipped(reason, width - std::min(width, columns(bar))) << "\x1b[K"
        << std::flush;
    return;
  }
  auto tenth = expected == 0 ? 0 : done * 10 / expected;
  bool is_news = tenth != last_tenth_ || (!why.empty() && why != last_why_);
  if (!loud_ || !is_news)
    return;
  last_tenth_ = tenth;
  last_why_ = why;
  err << progress_bar(done, expected, 0, false) << (why.empty() ? "" : "  " + printable(why))
      << std::endl;
}

int judge_tasks(session& s, const std::vector<watched_task>& tasks) {
  int code = exit_done;
  for (const auto& task : tasks) {
    if (task.state == "done")
      continue;
    code =
      s.complain({ec::task_failed,
                  tr("task {}: {}", task.id, task.trouble.empty() ? task.state : task.trouble)});
  }
  return code;
}

} // namespace aops::cli
