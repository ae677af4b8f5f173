#include "actors/task/run_log.hpp"

#include "runtime/base/json_codec.hpp"

#include <array>

namespace aops::actors {

namespace {

using ansible::event_kind;

constexpr std::array<std::string_view, 11> outcomes = {"play",
                                                       "task",
                                                       "begun",
                                                       "ok",
                                                       "failed",
                                                       "unreachable",
                                                       "skipped",
                                                       "retried",
                                                       "item",
                                                       "stats",
                                                       "output"};

void set(maybe<std::string>& to, std::string_view text) {
  if (!text.empty())
    to.emplace(text);
}

} // namespace

run_log::room run_log::left() const {
  if (waiting_bytes_ > 2 * most_waiting || bytes_ > 2 * most_kept)
    return room::none;
  return waiting_bytes_ > most_waiting || bytes_ > most_kept ? room::no_output : room::all;
}

run_event run_log::next(int64_t now_ms, std::string_view type) {
  run_event x;
  x.number = ++last_;
  x.time.ms = now_ms;
  x.type = type;
  return x;
}

void run_log::put(const run_event& x) {
  using base::json;
  auto text = base::encode(x).dump(-1, ' ', false, json::error_handler_t::replace);
  if (rows_.empty() || in_row_ >= most_in_row || rows_.back().body.size() > row_bytes) {
    rows_.push_back({x.number, x.number, "["});
    in_row_ = 0;
  }
  auto& row = rows_.back();
  if (in_row_++ > 0)
    row.body += ',';
  row.body += text;
  row.last = x.number;
  bytes_ += static_cast<int64_t>(text.size()) + 1;
  waiting_bytes_ += text.size() + 1;
  ++waiting_events_;
}

std::vector<storage::run_events> run_log::take() {
  for (auto& row : rows_)
    row.body += ']';
  waiting_bytes_ = waiting_events_ = in_row_ = 0;
  return std::exchange(rows_, {});
}

void run_log::run_is(int64_t now_ms, std::string_view state, std::string_view message) {
  auto x = next(now_ms, "state");
  set(x.state, state);
  set(x.message, message);
  put(x);
}

void run_log::step_is(int64_t now_ms,
                      std::string_view step,
                      std::string_view state,
                      std::string_view message) {
  auto x = next(now_ms, "step");
  set(x.step, step);
  set(x.state, state);
  set(x.message, message);
  put(x);
}

void run_log::host_is(int64_t now_ms,
                      std::string_view step,
                      std::string_view host,
                      std::string_view state,
                      std::string_view message) {
  auto x = next(now_ms, "host");
  set(x.step, step);
  set(x.host_id, host);
  set(x.state, state);
  set(x.message, message);
  put(x);
}

void run_log::add(std::string_view step, const std::vector<ansible::play_event>& events) {
  for (const auto& e : events) {
    auto room = left();
    if (room != room::all && !std::exchange(is_loss_told_, true)) {
      auto note = next(e.time_ms, "event");
      set(note.step, step);
      note.outcome.emplace("output");
      note.message.emplace("this run tells too much: output is dropped from here on");
      put(note);
    }
    if (room == room::none)
      continue;
    auto x = next(e.time_ms, "event");
    set(x.step, step);
    set(x.host_id, e.host);
    x.outcome.emplace(outcomes.at(static_cast<size_t>(e.kind)));
    set(x.action, e.action);
    set(x.module, e.module);
    set(x.message, e.message);
    if (room == room::all)
      set(x.output, e.output);
    if (e.is_changed)
      x.changed.emplace(true);
    if (e.is_ignored)
      x.ignored.emplace(true);
    if (e.duration_ms > 0)
      x.duration_ms.emplace(e.duration_ms);
    put(x);
  }
}

} // namespace aops::actors
