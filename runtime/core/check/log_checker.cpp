#include "runtime/core/check/log_checker.hpp"

#include "runtime/base/fitting.hpp"

#include <algorithm>
#include <utility>

namespace aops::check {

std::vector<std::string> log_checker::set_rules(const rule_set& rules,
                                                std::span<const std::string> groups) {
  std::vector<std::string> added;
  auto before = std::move(rules_);
  rules_.clear();
  for (const auto& rule : rules.for_host(groups)) {
    if (!rule->has_logs())
      continue;
    const auto& item = rule->rule.check_item;
    auto known = before.find(item);
    if (known != before.end() && known->second.judge.rule()->digest == rule->digest) {
      rules_.emplace(item, std::move(known->second));
      before.erase(known);
      continue;
    }
    bound_log_rule b{log_judge{rule, period_ms_}, {}, true, {}, {}, {}, 0, {}, {}};
    if (known != before.end()) { // Another version: what is open goes on, or ends with a look.
      b.open = std::move(known->second.open);
      before.erase(known);
    } else {
      added.push_back(item);
    }
    rules_.emplace(item, std::move(b));
  }
  for (auto& [item, b] : before)
    if (b.open)
      ended_.push_back({item, {}, {}, 0, b.open->severity, {}});
  return added;
}

std::vector<data_item> log_checker::items() const {
  std::vector<data_item> out;
  for (const auto& [name, b] : rules_)
    for (const auto& x : b.judge.rule()->items) {
      auto same = [&](const data_item& y) {
        return y.name == x.item.name && y.match == x.item.match;
      };
      if (x.item.type == "log" && std::none_of(out.begin(), out.end(), same))
        out.push_back(x.item);
    }
  return out;
}

std::vector<series_key> log_checker::numbers() const {
  std::set<series_key> out;
  for (const auto& [name, b] : rules_)
    for (auto i : b.judge.numbers())
      out.insert({b.judge.rule()->items[i].item.name, b.judge.rule()->items[i].item.label});
  return {out.begin(), out.end()};
}

int64_t log_checker::history_ms() const {
  int64_t longest = 0;
  for (const auto& [name, b] : rules_)
    longest = std::max(longest, b.judge.history_ms());
  return longest;
}

void log_checker::resume(int64_t judged_until_ms,
                         int64_t now_ms,
                         std::span<const alert_change> alerts) {
  judged_until_ms_ = judged_until_ms;
  begun_ms_ = now_ms;
  for (const auto& x : alerts) {
    auto found = rules_.find(x.check_item);
    if (found == rules_.end() || !x.labels.empty())
      continue;
    auto& b = found->second;
    b.open = open_alert{x.value, x.severity, x.since_ms};
    b.since_ms = x.since_ms;
    b.reason = x.reason;
    // When it was seen last nobody knows: it lasts as if that were now.
    if (x.value == to_string(result_value::abnormal))
      b.abnormal_ms = now_ms;
    else if (x.value == to_string(result_value::internal_error))
      b.error_ms = now_ms;
  }
}

void log_checker::take(const logged_line& x) {
  auto short_line = x;
  short_line.text.resize(base::fitting(x.text, most_text).size());
  for (auto& [name, b] : rules_)
    if (!b.known.contains({x.time_ms, x.identity}) && b.judge.take(short_line)) {
      b.known.emplace(x.time_ms, x.identity);
      b.has_news = true;
    }
}

void log_checker::take(const series_key& key, point x) {
  for (auto& [name, b] : rules_)
    for (auto i : b.judge.numbers()) {
      const auto& item = b.judge.rule()->items[i].item;
      if (item.name != key.name || item.label != key.label)
        continue;
      b.judge.take(i, x);
      b.has_news |= i == 0;
    }
}

log_findings log_checker::look(int64_t until_ms, int64_t delay_ms) {
  log_findings out;
  auto from = judged_until_ms_.value_or(until_ms) - delay_ms;
  bool is_overfull = false;
  for (auto& [name, b] : rules_) {
    b.judge.forget_before(from);
    is_overfull |= b.judge.forget_beyond(most_lines, most_bytes);
  }
  if (is_overfull || !lack_.empty()) { // Once: what was lost cannot be had later.
    auto why = std::exchange(lack_, {});
    if (why.empty())
      why = "more lines than rules may look back on";
    for (auto& [name, b] : rules_) {
      b.error_ms = until_ms - 1;
      if (!b.abnormal_ms) {
        b.since_ms = until_ms - 1;
        b.reason = why;
      }
      out.changes.push_back({name,
                             b.judge.rule()->digest,
                             until_ms - 1,
                             until_ms - 1,
                             {{until_ms - 1, until_ms - 1, result_value::internal_error, why}},
                             {}});
    }
  }
  for (auto& [name, b] : rules_) {
    if (b.has_news && until_ms > from)
      look_at(b, from, until_ms, out);
    tell(b, until_ms, out);
    while (!b.known.empty() && b.known.begin()->first < from - b.judge.history_ms())
      b.known.erase(b.known.begin());
  }
  judged_until_ms_ = std::max(until_ms, judged_until_ms_.value_or(until_ms));
  return out;
}

void log_checker::look_at(bound_log_rule& b, int64_t from, int64_t until, log_findings& to) {
  // Lines that tell of a time to come are news until then; numbers always are.
  b.has_news =
    b.judge.last_line_ms() >= until || b.judge.rule()->rule.data_list.front().type != "log";
  if (!b.judge.rule()->program)
    return;
  ++to.judged;
  std::vector<interval> rows;
  bool is_first = true;
  for (auto& x : b.judge.judge(from, until)) {
    auto& last = x.value == result_value::abnormal ? b.abnormal_ms : b.error_ms;
    bool is_new = !last || *last < x.time_ms;
    if (is_new && x.value == result_value::abnormal && std::exchange(is_first, false)) {
      b.since_ms = x.time_ms;
      b.reason = x.reason;
    } else if (is_new && !b.abnormal_ms) {
      b.since_ms = x.time_ms;
      b.reason = x.reason;
    }
    last = std::max(last.value_or(x.time_ms), x.time_ms);
    rows.push_back({x.time_ms, x.time_ms, x.value, std::move(x.reason)});
  }
  bool had_rows = b.last_row_ms && *b.last_row_ms >= from;
  if (rows.empty() && !had_rows)
    return;
  rows = merged(std::move(rows), period_ms_);
  b.last_row_ms.reset();
  if (!rows.empty())
    b.last_row_ms = rows.back().end_ms;
  to.changes.push_back({b.judge.rule()->rule.check_item,
                        b.judge.rule()->digest,
                        from,
                        until - 1,
                        std::move(rows),
                        {}});
}

std::optional<result_value> log_checker::value_of(const bound_log_rule& b, int64_t until) const {
  const auto& rule = *b.judge.rule();
  if (!rule.program)
    return result_value::internal_error;
  auto hold = std::max({rule.keep_firing_ms, usual_hold_ms, 2 * period_ms_});
  auto holds = [&](const std::optional<int64_t>& x) { return x && until - *x <= hold; };
  if (holds(b.abnormal_ms))
    return result_value::abnormal;
  if (holds(b.error_ms))
    return result_value::internal_error;
  auto patience = std::max(horizon_ms(rule, period_ms_), rule.for_ms);
  auto last = std::max(b.judge.last_line_ms(), begun_ms_);
  if (rule.no_data == no_data_policy::alert && rule.items.front().item.type == "log" &&
      until - last > patience)
    return result_value::no_data;
  return {};
}

void log_checker::tell(bound_log_rule& b, int64_t until, log_findings& to) {
  const auto& rule = b.judge.rule()->rule;
  auto value = value_of(b, until);
  std::string text(value ? to_string(*value) : "");
  bool is_same = b.open ? b.open->value == text && b.open->severity == rule.severity : text.empty();
  if (is_same)
    return;
  auto since = b.since_ms;
  auto reason = b.reason;
  if (!value || value == result_value::no_data || !b.judge.rule()->program) {
    since = until;
    reason = !value                     ? std::string{}
             : !b.judge.rule()->program ? b.judge.rule()->refusal
                                        : std::string{"no line came"};
  } else if (b.open && b.open->value == text) {
    since = b.open->since_ms;
  }
  to.alerts.push_back({rule.check_item, {}, text, since, rule.severity, short_reason(reason)});
  if (text.empty())
    b.open.reset();
  else
    b.open = open_alert{text, rule.severity, since};
}

std::vector<alert_change> log_checker::take_ended(int64_t now_ms) {
  for (auto& x : ended_)
    x.since_ms = now_ms;
  return std::exchange(ended_, {});
}

} // namespace aops::check
