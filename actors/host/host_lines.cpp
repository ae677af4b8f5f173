#include "actors/host/host_ask.hpp"
#include "messages/names.hpp"
#include "messages/roles/logs.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/core/check/grid.hpp"
#include "runtime/core/check/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>

// Rules that look at lines. Lines are kept by the nodes that hosts send them to, whichever these
// are, so each due time asks all of them what came since the last one; nothing is read from disk
// for that. Samples do not wait for lines, nor lines for samples.

namespace aops::actors {

namespace {

/// After a longer pause the past is judged in the background, as that of a new rule is.
constexpr int64_t most_behind_ms = 15 * 60 * 1000LL;

constexpr std::chrono::seconds follow_deadline{5};
constexpr int64_t lines_of_look = 5000;
/// Pages of lines read for windows.
constexpr size_t most_line_pages = 20;
/// Lines whose time is yet to come, by the clock of their host.
constexpr int64_t most_ahead_ms = 3600 * 1000LL;

constexpr size_t most_line_waiters = 100;
constexpr int reads_at_begin = 2;
constexpr size_t tap_bytes = 16;

} // namespace

int64_t host_body::line_delay_ms() const {
  auto delay = services_->config->check.delay.ms;
  return delay > 0 ? delay : period_ms();
}

/// Where judging lines is to begin: what came before is past, and judged as that of a new rule is.
/// A host that was never judged has no such past: its lines count from when it and a rule for them
/// were there, however long its first round took.
int64_t host_body::lines_due_from_ms() const {
  if (auto judged = std::max(coverage_.until_ms(), checker_.cursor_ms().value_or(0)); judged > 0)
    return judged;
  auto earliest = INT64_MAX;
  for (const auto& rule : rules_->for_host(groups()))
    if (rule->has_logs())
      earliest = std::min(earliest, rule->since_ms);
  return std::max(earliest, record_.status_since_ms);
}

/// What was open of rules that look at lines; the others keep theirs.
std::vector<alert_change> host_body::begin_lines(const host_state& state) {
  lines_.set_rules(*rules_, groups());
  lines_heard_ms_ = lines_due_from_ms();
  std::vector<alert_change> others;
  for (const auto& x : state.alerts)
    (lines_.has(x.check_item) ? line_alerts_ : others).push_back(x);
  bind_line_numbers();
  return others;
}

std::vector<std::string> host_body::apply_log_rules(const check::rule_set& rules) {
  bool was_empty = lines_.empty();
  auto added = lines_.set_rules(rules, groups());
  knows_lines_ = false; // What is new needs its past.
  if (was_empty) {
    lines_judged_ms_ = 0;
    lines_heard_ms_ = lines_due_from_ms();
  }
  bind_line_numbers();
  return added;
}

void host_body::bind_line_numbers() {
  for (const auto& [slot, key] : line_numbers_)
    checker_.kept().release(slot);
  line_numbers_.clear();
  for (const auto& key : lines_.numbers()) {
    bool was_kept = true;
    line_numbers_.emplace_back(checker_.kept().bind(key.name, key.label, was_kept), key);
  }
  must_load_line_numbers_ = !line_numbers_.empty();
}

void host_body::take_line_numbers(const check::round& x) {
  for (const auto& [slot, key] : line_numbers_) {
    if (slot == check::kept_series::up)
      lines_.take(key, {x.time_ms, number::of(int64_t{x.answered})});
    else if (slot == check::kept_series::duration)
      lines_.take(key, {x.time_ms, number::of(x.duration_s)});
    else
      for (const auto& s : x.samples)
        if (s.slot == slot)
          lines_.take(key, {x.time_ms, s.value});
  }
}

void host_body::look_at_lines(int64_t until_ms, std::function<void()> then) {
  if (lines_.empty() || !is_live_ || line_waiters_.size() >= most_line_waiters) {
    if (auto ended = lines_.take_ended(now_ms()); !ended.empty()) {
      auto commit = new_commit(); // Leaves the cursor alone.
      commit.alerts = std::move(ended);
      commits_.push(std::move(commit));
    }
    return then();
  }
  line_waiters_.push_back(std::move(then));
  line_look_until_ms_ = std::max(line_look_until_ms_, until_ms);
  if (!std::exchange(is_looking_at_lines_, true))
    follow_lines();
}

void host_body::follow_lines() {
  if (tap_.empty())
    tap_ = base::random_hex(tap_bytes);
  if (lines_judged_ms_ == 0)
    begin_judging_lines(line_look_until_ms_);
  lines_to_follow wanted;
  wanted.tap = tap_;
  wanted.host_list = {record_.host_id};
  wanted.items = lines_.items();
  wanted.places = tap_places_;
  wanted.most_lines = lines_of_look;
  wanted.keep_ms = 4 * std::max<int64_t>(period_ms(), 15'000);
  auto until = line_look_until_ms_;
  auto then = [this, until](expected<lines_followed> news) { take_lines(std::move(news), until); };
  actors::ask<host_logs_actor>(self_,
                               *services_->names,
                               host_logs_name,
                               follow_deadline,
                               std::move(then),
                               owner_of(record_),
                               std::move(wanted));
}

void host_body::take_lines(expected<lines_followed> news, int64_t until_ms) {
  if (!news) { // What came meanwhile is told the next time.
    log::debug("lines-not-told", "{}: {}", record_.host_id, to_string(news.error()));
    return end_look_at_lines(false);
  }
  for (const auto& x : news->missing)
    log::debug("lines-missing", "{}: node {}: {}", record_.host_id, x.node, x.reason);
  tap_places_ = std::move(news->places);
  if (news->dropped > 0)
    lines_.lack(fmt::format("{} lines came that found no room", news->dropped));
  for (const auto& x : news->lines)
    lines_.take(logged(x));
  // Where it only began now, lines may have come before, or be on their way to the disk.
  if (!knows_lines_ || !news->begun.empty())
    line_reads_left_ = reads_at_begin;
  bool has_gap = line_reads_left_ > 0;
  if (must_load_line_numbers_)
    load_line_numbers(until_ms, has_gap);
  else if (has_gap)
    read_missed_lines(until_ms);
  else
    judge_lines(until_ms);
}

/// From where they are due, unless that is long ago.
void host_body::begin_judging_lines(int64_t until_ms) {
  auto from = std::max(lines_heard_ms_, until_ms - most_behind_ms);
  lines_judged_ms_ = std::min(from, until_ms);
  lines_.resume(lines_judged_ms_, now_ms(), std::exchange(line_alerts_, {}));
  if (coverage_.until_ms() == 0 || from <= lines_heard_ms_ + period_ms())
    return;
  std::vector<std::string> late;
  for (const auto& rule : rules_for({}))
    if (rule->has_logs()) {
      const auto& item = rule->rule.check_item;
      deviation x{item, lines_heard_ms_ + 1, from, std::string{late_rule}};
      coverage_.add(x);
      new_deviations_.push_back(std::move(x));
      late.push_back(item);
    }
  backfill_.add(late);
  store_new_deviations();
}

void host_body::load_line_numbers(int64_t until_ms, bool has_gap) {
  must_load_line_numbers_ = false;
  history_order order;
  for (const auto& [slot, key] : line_numbers_)
    if (slot > check::kept_series::duration)
      order.wanted.push_back({slot, key});
  order.until_ms = readable_ms();
  order.from_ms = lines_judged_ms_ - line_delay_ms() - lines_.history_ms();
  auto then = [this, until_ms, has_gap](expected<void> how) {
    must_load_line_numbers_ = !how && is_passing(how.error());
    if (has_gap)
      read_missed_lines(until_ms);
    else
      judge_lines(until_ms);
  };
  if (order.wanted.empty() || order.until_ms == 0)
    return then({});
  source_->history().read_rounds(
    std::move(order),
    [this](const history_portion& x) {
      for (const auto& round : x.rounds)
        for (const auto& s : round.samples)
          for (const auto& series : x.series)
            if (series.slot == s.slot)
              lines_.take(series.key, {round.time_ms, s.value});
      return true;
    },
    then);
}

/// Those that are stored, of as long as judging what comes looks back.
void host_body::read_missed_lines(int64_t until_ms) {
  lines_order order;
  order.items = lines_.items();
  order.from_ms = lines_judged_ms_ - line_delay_ms() - (knows_lines_ ? 0 : lines_.history_ms());
  order.until_ms = until_ms + most_ahead_ms;
  order.most_pages = most_line_pages;
  auto each = [this](const std::vector<check::logged_line>& lines) {
    for (const auto& x : lines)
      lines_.take(x);
  };
  auto finished = [this, until_ms](expected<std::string> how) {
    if (!how && how.error() == ec::query_failed) {
      lines_.lack(how.error().detail);
    } else if (!how) {
      tap_places_.clear(); // All of it once more.
      log::debug("lines-not-read", "{}: {}", record_.host_id, to_string(how.error()));
      return end_look_at_lines(false);
    }
    knows_lines_ = true;
    --line_reads_left_;
    judge_lines(until_ms);
  };
  read_lines(
    line_asker_of(links_to_source()), std::move(order), std::move(each), std::move(finished));
}

void host_body::judge_lines(int64_t until_ms) {
  static auto evaluations =
    metrics::counter_of("aops_log_rule_evaluations_total", "Looks of rules at lines of hosts.");
  auto found = lines_.look(until_ms, line_delay_ms());
  lines_judged_ms_ = std::max(lines_judged_ms_, until_ms);
  evaluations.add(static_cast<double>(found.judged));
  auto commit = new_commit(); // Leaves the cursor alone.
  for (const auto& change : found.changes)
    recent_.apply(change, commit.changes);
  commit.alerts = lines_.take_ended(now_ms());
  commit.alerts.insert(commit.alerts.end(), found.alerts.begin(), found.alerts.end());
  if (!commit.changes.empty() || !commit.alerts.empty())
    commits_.push(std::move(commit));
  end_look_at_lines(true);
}

void host_body::end_look_at_lines(bool is_good) {
  if (is_good && line_look_until_ms_ > lines_judged_ms_)
    return follow_lines(); // Somebody came meanwhile who wants more.
  is_looking_at_lines_ = false;
  auto waiters = std::exchange(line_waiters_, {});
  for (auto& then : waiters)
    then();
}

} // namespace aops::actors
