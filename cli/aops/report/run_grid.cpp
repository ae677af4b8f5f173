#include "cli/aops/report/run_grid.hpp"

#include "cli/aops/text/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace aops::cli {

namespace {

/// What becomes of a step on a host, and how it is drawn: a sign, so that nothing depends on
/// colour.
struct look {
  std::string_view state, sign, plain;
};
constexpr std::array looks = {look{"pending", "·", "."},
                              look{"running", "▸", ">"},
                              look{"ok", "✓", "o"},
                              look{"failed", "✗", "X"},
                              look{"unreachable", "?", "?"},
                              look{"skipped", "-", "-"},
                              look{"interrupted", "!", "!"}};

const look& look_of(std::string_view state) {
  const auto* it =
    std::find_if(looks.begin(), looks.end(), [&](const look& x) { return x.state == state; });
  return it == looks.end() ? looks.front() : *it;
}

std::string painted(std::string_view state, std::string_view text, const palette& colours) {
  if (state == "ok" || state == "done")
    return colours.green(text);
  if (state == "failed" || state == "unreachable" || state == "timed_out")
    return colours.red(text);
  if (state == "interrupted" || state.starts_with("waiting") || state == "paused")
    return colours.yellow(text);
  if (state == "running")
    return colours.cyan(text);
  return colours.dim(text);
}

std::string sign_of(std::string_view state, const canvas& on) {
  const auto& x = look_of(state);
  return painted(x.state, on.unicode ? x.sign : x.plain, on.colours);
}

/// `1:05:09`, `2:13`.
std::string clock_text(int64_t ms) {
  auto s = std::max<int64_t>(0, ms / 1000);
  return s >= 3600 ? fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
                   : fmt::format("{}:{:02}", s / 60, s % 60);
}

int64_t ms_of(const json& object, std::string_view key) {
  return static_cast<int64_t>(number_of(object, key) * 1000);
}

bool is_final(std::string_view state) {
  return state == "done" || state == "failed" || state == "cancelled" || state == "timed_out";
}

bool is_trouble(std::string_view state) {
  return state == "failed" || state == "unreachable" || state == "interrupted";
}

/// Of the picture's lines: head, empty line, failures' head.
constexpr size_t most_failures = 6;

} // namespace

size_t run_grid::number_of_host(const std::string& id) {
  auto [it, is_new] = numbers_.try_emplace(id, hosts_.size());
  if (is_new)
    hosts_.push_back(id);
  return it->second;
}

run_grid::step* run_grid::find_step(std::string_view name) {
  auto it =
    std::find_if(steps_.begin(), steps_.end(), [&](const step& x) { return x.name == name; });
  return it == steps_.end() ? nullptr : &*it;
}

run_grid::cell& run_grid::cell_of(step& at, size_t host) {
  if (at.cells.size() <= host)
    at.cells.resize(host + 1);
  return at.cells[host];
}

void run_grid::name_hosts(const std::map<std::string, std::string>& names) {
  names_.insert(names.begin(), names.end());
}

std::string run_grid::called(size_t host) const {
  auto it = names_.find(hosts_[host]);
  return printable(it == names_.end() ? hosts_[host] : it->second);
}

void run_grid::take_run(const json& run) {
  id_ = text_of(run, "execution_id");
  task_ = text_of(run, "task_name");
  state_ = text_of(run, "state");
  reason_ = text_of(run, "reason");
  is_check_ = member(run, "check") == json(true);
  began_ms_ = ms_of(run, "started");
  ended_ms_ = ms_of(run, "ended");
  expected_hosts_ = 0;
  for (const auto& x : looks)
    expected_hosts_ += count_of(member(run, "hosts"), x.state);
  for (const auto& row : member(run, "steps")) {
    auto name = text_of(row, "step");
    auto* at = find_step(name);
    if (!at) {
      at = &steps_.emplace_back();
      at->name = name;
    }
    at->state = text_of(row, "state");
    at->message = text_of(row, "message");
    at->began_ms = ms_of(row, "started");
    at->ended_ms = ms_of(row, "ended");
  }
}

void run_grid::take_host(const json& row) {
  auto* at = find_step(text_of(row, "step"));
  auto id = text_of(row, "host_id");
  if (!at || id.empty())
    return;
  if (auto name = text_of(row, "host_name"); !name.empty())
    names_[id] = name;
  auto& x = cell_of(*at, number_of_host(id));
  x.state = text_of(row, "state");
  x.action = text_of(row, "action");
  x.message = text_of(row, "message");
}

bool run_grid::take_event(const json& event) {
  auto type = text_of(event, "type");
  if (type == "state") {
    state_ = text_of(event, "state");
    reason_ = text_of(event, "message");
    if (is_over())
      ended_ms_ = ms_of(event, "time");
    return true;
  }
  auto* at = find_step(text_of(event, "step"));
  if (!at)
    return false;
  if (type == "step") {
    at->state = text_of(event, "state");
    at->message = text_of(event, "message");
    if (at->state == "running" && at->began_ms == 0)
      at->began_ms = ms_of(event, "time");
    if (at->state != "running" && at->began_ms != 0)
      at->ended_ms = ms_of(event, "time");
    if (began_ms_ == 0)
      began_ms_ = at->began_ms;
    return true;
  }
  auto id = text_of(event, "host_id");
  if (id.empty())
    return false;
  auto& x = cell_of(*at, number_of_host(id));
  if (type == "host") {
    x = {text_of(event, "state"), text_of(event, "action"), text_of(event, "message")};
    return true;
  }
  // What Ansible does there just now.
  if (auto action = text_of(event, "action"); x.state == "running" && !action.empty())
    x.action = action;
  return true;
}

bool run_grid::is_over() const { return is_final(state_); }

bool run_grid::waits_for_user() const {
  return state_ == "waiting_for_key" || state_ == "waiting_for_approval" || state_ == "paused" ||
         state_ == "interrupted";
}

const run_grid::step* run_grid::current() const {
  const step* last = nullptr;
  for (const auto& x : steps_) {
    if (x.state == "running")
      return &x;
    if (x.state != "pending" && x.state != "skipped")
      last = &x;
  }
  return last ? last : steps_.empty() ? nullptr : &steps_.front();
}

std::map<std::string, size_t> run_grid::counts_of(const step& x) const {
  std::map<std::string, size_t> counts;
  for (const auto& c : x.cells)
    ++counts[c.state.empty() ? "pending" : c.state];
  auto hosts = std::max(expected_hosts_, hosts_.size());
  counts["pending"] += hosts - std::min(hosts, x.cells.size());
  return counts;
}

void run_grid::draw_steps(std::vector<std::string>& lines, const canvas& on, size_t most) const {
  size_t widest = 4;
  for (const auto& x : steps_)
    widest = std::max(widest, columns(x.name));
  widest = std::min<size_t>(widest, 32);
  // Of many steps those around the current one.
  size_t here = 0;
  for (size_t i = 0; i < steps_.size(); ++i)
    if (&steps_[i] == current())
      here = i;
  auto first = steps_.size() <= most ? 0 : std::min(here > 1 ? here - 1 : 0, steps_.size() - most);
  for (size_t i = first; i < std::min(steps_.size(), first + most); ++i) {
    const auto& x = steps_[i];
    auto name = clipped(printable(x.name), widest);
    std::string counts;
    auto by_state = counts_of(x);
    for (const auto& l : looks)
      if (auto n = by_state[std::string{l.state}]; n > 0 && x.state != "pending")
        counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", n, l.state);
    std::string took;
    if (x.began_ms > 0)
      took = clock_text((x.ended_ms > 0 ? x.ended_ms : on.now_ms) - x.began_ms);
    auto state = x.state.empty() ? std::string{"pending"} : x.state;
    auto rest =
      clipped(fmt::format("{:>8}  {}", took, x.message.empty() ? counts : printable(x.message)),
              on.width - std::min(on.width, widest + 16));
    lines.push_back(fmt::format("  {}{:{}}  {}{}",
                                name,
                                "",
                                widest - std::min(widest, columns(name)),
                                painted(state, fmt::format("{:<12}", state), on.colours),
                                rest));
  }
}

/// A line for each host: its signs through all steps, and what it does.
void run_grid::draw_rows(std::vector<std::string>& lines, const canvas& on) const {
  size_t widest = 4;
  for (size_t i = 0; i < hosts_.size(); ++i)
    widest = std::max(widest, columns(called(i)));
  widest = std::min<size_t>(widest, 32);
  for (size_t i = 0; i < hosts_.size(); ++i) {
    auto name = clipped(called(i), widest);
    std::string signs, doing;
    for (const auto& x : steps_) {
      auto state = i < x.cells.size() ? x.cells[i].state : std::string{};
      signs += sign_of(state, on);
      if (i < x.cells.size() && (state == "running" || is_trouble(state)))
        doing = x.cells[i].action + (is_trouble(state) ? ": " + x.cells[i].message : "");
    }
    auto used = widest + 4 + steps_.size() + 2;
    lines.push_back(fmt::format("  {}{:{}}  {}  {}",
                                name,
                                "",
                                widest - std::min(widest, columns(name)),
                                signs,
                                clipped(printable(doing), on.width - std::min(on.width, used))));
  }
}

/// A sign for each host: what the current step is there.
void run_grid::draw_hosts(std::vector<std::string>& lines, const canvas& on, size_t most) const {
  const auto* step = current();
  if (!step || hosts_.empty() || on.width < 4)
    return;
  auto per_line = on.width - 2;
  auto shown = std::min(hosts_.size(), per_line * most);
  for (size_t at = 0; at < shown; at += per_line) {
    std::string line = "  ";
    for (size_t i = at; i < std::min(at + per_line, shown); ++i)
      line += sign_of(i < step->cells.size() ? step->cells[i].state : "", on);
    lines.push_back(std::move(line));
  }
}

void run_grid::draw_failures(std::vector<std::string>& lines, const canvas& on, size_t most) const {
  std::vector<std::string> all;
  for (const auto& x : steps_)
    for (size_t i = 0; i < x.cells.size(); ++i)
      if (const auto& c = x.cells[i]; is_trouble(c.state))
        all.push_back(fmt::format("  {} {} {}: {}{}{}",
                                  called(i),
                                  x.name,
                                  c.state,
                                  printable(c.action),
                                  c.action.empty() || c.message.empty() ? "" : ": ",
                                  printable(c.message)));
  auto shown = all.size() <= most ? all.size() : most - std::min<size_t>(most, 1);
  for (size_t i = 0; i < shown; ++i)
    lines.push_back(on.colours.red(clipped(all[i], on.width)));
  if (shown < all.size() && most > 0)
    lines.push_back(
      on.colours.red(clipped(fmt::format("  and {} more", all.size() - shown), on.width)));
}

std::vector<std::string> run_grid::draw(const canvas& on) const {
  std::vector<std::string> lines;
  std::string took;
  if (began_ms_ > 0)
    took = "  " + clock_text((ended_ms_ > 0 ? ended_ms_ : on.now_ms) - began_ms_);
  auto head = fmt::format("{}{}  ", printable(task_), is_check_ ? " (dry run)" : "");
  auto tail = fmt::format("{}{}{}", took, reason_.empty() ? "" : "  ", printable(reason_));
  head = clipped(head, on.width);
  auto state = clipped(state_, on.width - columns(head));
  lines.push_back(on.colours.bold(head) + painted(state_, state, on.colours) +
                  clipped(tail, on.width - columns(head) - columns(state)));
  auto left = on.height > 1 ? on.height - 1 : 0;
  auto rows = hosts_.size() + std::min(steps_.size(), left / 2);
  draw_steps(lines, on, std::max<size_t>(1, left / 2));
  if (rows + 1 < on.height && on.width > 30 + steps_.size()) {
    draw_rows(lines, on);
  } else {
    auto for_hosts = on.height - std::min(on.height, lines.size());
    draw_hosts(lines, on, for_hosts > most_failures ? for_hosts - most_failures : for_hosts / 2);
    draw_failures(lines, on, on.height - std::min(on.height, lines.size()));
  }
  if (lines.size() > on.height)
    lines.resize(on.height);
  return lines;
}

std::string run_grid::line_of(const json& event) const {
  auto type = text_of(event, "type"), state = text_of(event, "state"),
       why = text_of(event, "message");
  auto reason = why.empty() ? std::string{} : ": " + why;
  if (type == "state")
    return printable(fmt::format("run {}{}", state, reason));
  auto step = text_of(event, "step");
  if (type == "step")
    return printable(fmt::format("step {} {}{}", step, state, reason));
  if (type != "host" || state == "pending" || state == "running" || state == "skipped")
    return {};
  auto id = text_of(event, "host_id"), action = text_of(event, "action");
  auto name = names_.find(id);
  return printable(fmt::format("host {} step {} {}{}{}",
                               name == names_.end() ? id : name->second,
                               step,
                               state,
                               action.empty() ? "" : ": " + action,
                               reason));
}

} // namespace aops::cli
