#include "http/routes/line_stream.hpp"

#include "messages/roles/logs.hpp"
#include "runtime/base/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>

namespace aops::http {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds ask_patience{5}, search_patience{70};
constexpr int64_t lines_of_resume = 1000, lines_of_ask = 1000;
/// Lines that are known to have been sent.
constexpr size_t most_known = 8192;
constexpr size_t tap_digits = 16;
constexpr size_t most_followed_hosts = 1000;

/// GET /logs/stream?query=&host_list=
struct line_stream {
  maybe<std::string> query, host_list;
};
#define AOPS_FIELDS_line_stream(F)                                                                 \
  F(query, optional_field().text(0, 4096).blank_ok(), "As for a search; absent: every line.")      \
  F(host_list,                                                                                     \
    optional_field().text(0, 65536).blank_ok(),                                                    \
    "Host ids, separated by commas; absent or empty: all that the caller sees.")
AOPS_MESSAGE(line_stream)

std::string line_event(std::string_view name, std::string_view id, const json& data) {
  auto text = data.dump(-1, ' ', false, json::error_handler_t::replace);
  auto id_line = id.empty() ? std::string{} : fmt::format("id: {}\n", id);
  return fmt::format("event: {}\n{}data: {}\n\n", name, id_line, text);
}

expected<std::vector<std::string>> ids_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto comma = std::min(text.find(','), text.size());
    if (auto id = trim(text.substr(0, comma)); !id.empty())
      out.emplace_back(id);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  if (out.size() > most_followed_hosts)
    return fail(ec::bad_request, fmt::format("host_list: must be at most {}", most_followed_hosts));
  return out;
}

/// By what a line is known again, whichever node keeps it.
std::string identity_of_line(const log_line& x) {
  return x.offset ? fmt::format("{}\n{}\n{}\n{}", x.host_id, x.source, *x.offset, x.message)
                  : x.line_id;
}

} // namespace

/// One stream.
class line_followers::follower {
public:
  follower(std::shared_ptr<line_followers> all, stream_request asked, const wish& what)
      : all_(std::move(all)), asked_(std::move(asked)), last_id_(asked_.last_event_id),
        resumed_after_(last_id_), settled_(steady_clock::now() + all_->limits_.settling) {
    wanted_.tap = base::random_hex(tap_digits);
    if (!what.query.empty())
      wanted_.query.emplace(what.query);
    wanted_.host_list = what.host_list;
    wanted_.most_lines = lines_of_ask;
  }
  ~follower() { all_->leave_place(); }
  follower(const follower&) = delete;
  follower& operator=(const follower&) = delete;

  /// The first look: from now on lines are held. Errors are the caller's.
  expected<void> begin() {
    auto first = ask(text_);
    if (!first)
      return first;
    text_ += ":\n\n"; // So that he knows that it has begun.
    return {};
  }

  bool pump(stream_sink& sink) {
    if (!all_->wait_until(next_))
      return false;
    auto now = steady_clock::now();
    if (now >= next_check_) {
      next_check_ = now + all_->limits_.check_interval;
      if (!sink.is_open() || (asked_.still_valid && !asked_.still_valid()))
        return false;
    }
    auto text = std::exchange(text_, {});
    if (text.empty())
      (void)ask(text); // Without an answer it is asked again.
    if (!resumed_after_.empty() && now >= settled_)
      look_back(text);
    next_ = steady_clock::now() + (is_behind_ ? std::chrono::milliseconds{0} : all_->limits_.pause);
    if (text.empty() && steady_clock::now() >= last_write_ + all_->limits_.heartbeat)
      text = ":\n\n";
    if (text.empty())
      return true;
    last_write_ = steady_clock::now();
    return sink.write(text);
  }

private:
  request_context context(std::chrono::seconds patience) const {
    auto c = asked_.context;
    c.deadline = steady_clock::now() + patience;
    return c;
  }

  expected<void> ask(std::string& text) {
    auto found = ask_actor<host_logs_actor, lines_followed>(
      all_->port_, actors::host_logs_name, context(ask_patience), wanted_);
    if (!found)
      return fail(std::move(found.error()));
    bool is_first = wanted_.places.empty();
    wanted_.places = std::move(found->places);
    is_behind_ = static_cast<int64_t>(found->lines.size()) >= lines_of_ask;
    tell_missing(found->missing, text);
    if (found->dropped > 0)
      text += line_event("dropped", {}, {{"count", found->dropped}});
    // What came before a node held lines for us is stored, if it is after one that we know.
    if (!last_id_.empty() && (is_first || !found->begun.empty()))
      if (auto caught_up = catch_up(text); !caught_up && is_first)
        return caught_up;
    for (const auto& x : found->lines)
      add(x, text);
    return {};
  }

  /// What is stored after a line, oldest first.
  expected<lines_found> stored_after(const std::string& line_id) {
    line_search q;
    q.query = wanted_.query;
    if (!wanted_.host_list.empty())
      q.host_list.emplace(wanted_.host_list);
    q.order.emplace("oldest");
    q.limit.emplace(lines_of_resume);
    q.after_line.emplace(line_id);
    return ask_actor<host_logs_actor, lines_found>(
      all_->port_, actors::host_logs_name, context(search_patience), std::move(q));
  }

  expected<void> catch_up(std::string& text) {
    auto found = stored_after(last_id_);
    if (!found)
      return fail(found.error() == ec::bad_request
                    ? error{ec::bad_request, "Last-Event-ID: must be the id of an event"}
                    : std::move(found.error()));
    for (const auto& x : found->lines)
      add(x, text);
    if (!found->cut.empty()) { // How many more there are nobody knows.
      text += line_event("dropped", {}, {{"count", nullptr}});
      resumed_after_.clear();
    }
    return {};
  }

  /// Once more what is stored after the line that was seen last elsewhere: what another node took
  /// just before this stream began may not have been shown yet. It is older than what was sent
  /// since, so it is no place from which to go on.
  void look_back(std::string& text) {
    auto found = stored_after(std::exchange(resumed_after_, {}));
    if (!found)
      return;
    for (const auto& x : found->lines)
      if (is_new(x))
        text += line_event("line", {}, base::encode(x));
  }

  void tell_missing(const std::vector<missing_lines>& missing, std::string& text) {
    std::vector<std::string> nodes;
    for (const auto& x : missing)
      nodes.push_back(x.node);
    if (nodes == missing_)
      return;
    text += line_event("missing", {}, {{"nodes", nodes}});
    missing_ = std::move(nodes);
  }

  bool is_new(const log_line& x) {
    auto identity = identity_of_line(x);
    if (!known_.insert(identity).second)
      return false;
    order_.push_back(std::move(identity));
    if (order_.size() > most_known) {
      known_.erase(order_.front());
      order_.pop_front();
    }
    return true;
  }

  void add(const log_line& x, std::string& text) {
    if (!is_new(x))
      return;
    text += line_event("line", x.line_id, base::encode(x));
    last_id_ = x.line_id;
  }

  std::shared_ptr<line_followers> all_;
  stream_request asked_;
  lines_to_follow wanted_;
  std::string last_id_, text_;
  std::string resumed_after_; ///< Until it was looked back.
  steady_time settled_;
  std::vector<std::string> missing_;
  std::set<std::string> known_;
  std::deque<std::string> order_; ///< Of `known_`.
  bool is_behind_ = false;
  steady_time next_{}, next_check_{}, last_write_{};
};

bool line_followers::take_place() {
  std::lock_guard guard{mutex_};
  if (is_stopping_ || open_ >= limits_.most)
    return false;
  ++open_;
  return true;
}

void line_followers::leave_place() {
  std::lock_guard guard{mutex_};
  --open_;
}

bool line_followers::wait_until(steady_time t) {
  std::unique_lock guard{mutex_};
  return !stopped_.wait_until(guard, t, [this] { return is_stopping_; });
}

void line_followers::stop() {
  std::lock_guard guard{mutex_};
  is_stopping_ = true;
  stopped_.notify_all();
}

expected<stream> line_followers::open(const stream_request& asked, const wish& what) {
  if (!take_place())
    return fail(ec::overloaded, "too many follow lines");
  auto one = std::make_shared<follower>(shared_from_this(), asked, what);
  if (auto begun = one->begin(); !begun)
    return fail(std::move(begun.error()));
  stream live;
  live.pump = [one](stream_sink& sink) { return one->pump(sink); };
  return live;
}

stream_route line_stream_route(std::shared_ptr<line_followers> all) {
  return make_stream_route<line_stream>(
    "/logs/stream",
    may::user,
    "Lines that hosts log, as they come, as server-sent events: `line`, `dropped`, `missing`.",
    [all](const stream_request& asked, const line_stream& x) -> expected<stream> {
      auto hosts = ids_of(x.host_list.value_or(""));
      if (!hosts)
        return fail(std::move(hosts.error()));
      return all->open(asked, {x.query.value_or(""), std::move(*hosts)});
    });
}

} // namespace aops::http
