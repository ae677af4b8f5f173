#include "cli/aops/verbs/run_watch.hpp"

#include "cli/aops/net/event_stream.hpp"
#include "cli/aops/term/interrupt.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "messages/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <thread>

namespace aops::cli {

namespace {

/// Connections without an event before it is given up, each followed by a longer pause.
constexpr int most_fruitless_of_run = 8;
/// Three heartbeats.
constexpr int run_silence_s = 45;
/// Steps on hosts asked for at once.
constexpr int64_t rows_per_page = 5000;
/// Between two pictures.
constexpr std::chrono::milliseconds redraw{250}, clock_tick{1000};

} // namespace

run_watcher::run_watcher(session& s, std::string run) : s_(s), id_(std::move(run)) {}

int run_watcher::run() {
  std::thread worker([this] { follow(); });
  {
    at_interrupt goodbye([this] {
      s_.note(tr("the run goes on; follow: aops run watch {}; end: aops run stop {}", id_, id_));
    });
    std::unique_lock lock(mutex_);
    while (true) {
      news_.wait_for(lock, clock_tick, [&] { return has_changed_ || is_over_; });
      has_changed_ = false;
      draw();
      if (is_over_)
        break;
      lock.unlock();
      s_.io.pause(static_cast<int>(redraw.count()));
      lock.lock();
    }
  }
  worker.join();
  return judge();
}

/// Where it stands: what a stream tells of later begins there.
expected<void> run_watcher::look(node_list& nodes) {
  runs_query query;
  query.execution_list = std::vector<std::string>{id_};
  auto reply = nodes.post("/manage/task/result/get", body_of(query));
  if (reply && !succeeded(*reply))
    reply = fail(reply_error(*reply));
  if (!reply)
    return fail(reply.error());
  const auto& runs = member(*reply, "executions");
  if (runs.empty())
    return fail(ec::not_found, tr("run {}", id_));
  {
    std::lock_guard lock(mutex_);
    last_ = runs.front();
    grid_.take_run(last_);
    last_id_ = std::to_string(count_of(last_, "events"));
  }
  run_hosts_query hosts;
  hosts.execution_id = id_;
  hosts.per_page = rows_per_page;
  for (int64_t page = 1, pages = 1; page <= pages; ++page) {
    hosts.page = page;
    auto rows = nodes.post("/manage/task/result/hosts", body_of(hosts));
    if (!rows || !succeeded(*rows))
      return fail(rows ? reply_error(*rows) : rows.error());
    pages = static_cast<int64_t>(count_of(*rows, "total_page"));
    std::lock_guard lock(mutex_);
    for (const auto& row : member(*rows, "results"))
      grid_.take_host(row);
  }
  changed({});
  return {};
}

void run_watcher::follow() {
  auto nodes = s_.new_nodes();
  if (!nodes)
    return end(nodes.error().detail);
  if (auto seen = look(*nodes); !seen)
    return end(seen.error().detail);
  {
    std::lock_guard lock(mutex_);
    if (grid_.is_over())
      is_over_ = true;
  }
  if (is_over_) // Only this thread ends it.
    return end({});
  tell_what_to_do(text_of(last_, "state"));
  auto path = "/manage/task/stream?execution_id=" + id_;
  event_stream events;
  int fruitless = 0;
  while (true) {
    events.reconnect();
    bool fruitful = false, over = false;
    auto take_bytes = [&](std::string_view bytes) {
      {
        std::lock_guard lock(mutex_);
        lost_.clear(); // A heartbeat says that the node is there.
      }
      for (const auto& e : events.feed(bytes)) {
        fruitful = true;
        last_id_ = e.id.empty() ? last_id_ : e.id;
        over = take(e.name, e.data, *nodes) || over;
      }
      return !over && !events.broken();
    };
    auto result = nodes->stream(path, last_id_, run_silence_s, take_bytes);
    if (over)
      return end({});
    if (!result && (result.error() == ec::session_invalid || result.error() == ec::not_found))
      return end(result.error().detail);
    {
      std::lock_guard lock(mutex_);
      lost_ = result ? std::string{} : result.error().detail;
      has_changed_ = true;
    }
    fruitless = fruitful ? 0 : fruitless + 1;
    if (fruitless == most_fruitless_of_run)
      return end(result ? tr("the stream tells nothing") : result.error().detail);
    if (fruitless > 0)
      s_.io.pause(250 << std::min(fruitless, 4));
  }
}

/// @returns True when the run has ended.
bool run_watcher::take(std::string_view name, std::string_view data, node_list& nodes) {
  if (name == "done") {
    if (auto seen = look(nodes); !seen) // What is told below is how it stood before.
      changed({});
    return true;
  }
  auto event = parse_json(data);
  if (!event)
    return false;
  bool is_news = false;
  std::string line, state;
  {
    std::lock_guard lock(mutex_);
    is_news = grid_.take_event(*event);
    line = grid_.line_of(*event);
    state = text_of(*event, "type") == "state" ? grid_.state() : std::string{};
  }
  if (is_news || !line.empty())
    changed(std::move(line));
  tell_what_to_do(state);
  return false;
}

void run_watcher::changed(std::string line) {
  std::lock_guard lock(mutex_);
  if (!line.empty())
    untold_.push_back(std::move(line));
  has_changed_ = true;
  news_.notify_all();
}

void run_watcher::end(std::string why) {
  std::lock_guard lock(mutex_);
  trouble_ = std::move(why);
  is_over_ = true;
  news_.notify_all();
}

/// Once for each state in which nothing happens by itself.
void run_watcher::tell_what_to_do(const std::string& state) {
  std::string what;
  if (state == "waiting_for_key")
    what = tr("it waits for the vault key: aops certificate");
  else if (state == "waiting_for_approval")
    what = "aops run approve " + id_;
  else if (state == "paused")
    what = "aops run resume " + id_;
  else if (state == "interrupted")
    what = fmt::format("aops run resume {} --decision again|skip", id_);
  if (!what.empty())
    changed(fmt::format("{}: {}", state, what));
}

/// With the lock held.
void run_watcher::draw() {
  auto& err = s_.io.err;
  if (!s_.io.err_is_terminal) {
    for (const auto& line : untold_)
      err << line << std::endl;
    untold_.clear();
    return;
  }
  canvas on;
  on.width = s_.io.width > 1 ? s_.io.width - 1 : 1;
  on.height = s_.io.height > 3 ? s_.io.height - 2 : 2;
  on.unicode = s_.io.unicode;
  on.colours = s_.warning_colours();
  on.now_ms = s_.io.now_s() * 1000;
  auto lines = grid_.draw(on);
  if (!lost_.empty())
    lines.push_back(clipped(printable(tr("{}; tries again", lost_)), on.width));
  else if (!untold_.empty() && grid_.waits_for_user())
    lines.push_back(clipped(untold_.back(), on.width));
  std::string text;
  if (drawn_ > 0)
    text = fmt::format("\x1b[{}A\r", drawn_);
  for (const auto& line : lines)
    text += line + "\x1b[K\n";
  text += "\x1b[J";
  drawn_ = lines.size();
  err << text << std::flush;
}

int run_watcher::judge() {
  if (!s_.wants_table() && !last_.is_null())
    s_.print_json(last_);
  if (!trouble_.empty())
    return s_.complain({ec::task_failed, trouble_});
  if (grid_.state() == "done" && grid_.reason().empty())
    return exit_done; // On all of its hosts.
  return s_.complain(
    {ec::task_failed,
     tr("run {}: {}{}{}", id_, grid_.state(), grid_.reason().empty() ? "" : ": ", grid_.reason())});
}

} // namespace aops::cli
