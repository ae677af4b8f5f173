#include "runtime/core/check/live.hpp"

#include "runtime/core/check/grid.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace aops::check {

host_checker::host_checker(int64_t period_ms,
                           std::string host_id,
                           std::shared_ptr<const keep_list> list,
                           size_t max_listed)
    : period_ms_(period_ms), host_id_(std::move(host_id)),
      offset_ms_(grid_offset_ms(host_id_, period_ms)), list_(std::move(list)),
      rules_(rule_set::build({})), kept_(list_, max_listed) {}

// -- rules

host_checker::bound_rule host_checker::bind(rule_set::rule_ptr rule, bool& collected) {
  static const expr::series no_entries(true); // Rounds carry numbers only: logs have no data here.
  bound_rule b;
  std::vector<const expr::series*> data;
  collected = true;
  if (rule->program) {
    b.horizon_ms = horizon_ms(*rule->program, period_ms_);
    for (const auto& item : rule->rule.data_list) {
      if (item.type == "log") {
        data.push_back(&no_entries);
        continue;
      }
      bool was_kept = true;
      b.slots.push_back(kept_.bind(item.name, item.label, was_kept));
      data.push_back(&windows_.use(b.slots.back(), b.horizon_ms));
      collected = collected && was_kept;
    }
  }
  b.judge.emplace(rule, std::move(data));
  b.rule = std::move(rule);
  return b;
}

void host_checker::adopt_series(std::span<const series_entry> series, int64_t seen_ms) {
  for (const auto& s : series)
    kept_.adopt(s.slot, s.key, seen_ms);
}

void host_checker::unbind(bound_rule& b) {
  for (auto slot : b.slots) {
    windows_.drop(slot, b.horizon_ms);
    kept_.release(slot);
  }
}

rules_diff host_checker::set_rules(std::shared_ptr<const rule_set> rules,
                                   std::span<const std::string> host_groups,
                                   int64_t backfill_from_ms) {
  rules_diff diff;
  std::map<std::string, bound_rule> before;
  for (auto& b : bound_)
    before.emplace(b.rule->rule.check_item, std::move(b));
  bound_.clear();
  for (auto& rule : rules->for_host(host_groups)) {
    const auto& item = rule->rule.check_item;
    auto known = before.find(item);
    if (known != before.end() && known->second.rule->digest == rule->digest) {
      bound_.push_back(std::move(known->second));
      bound_.back().rule = rule;
      before.erase(known);
      continue;
    }
    bool collected = true;
    bound_.push_back(bind(rule, collected));
    if (known != before.end()) {
      diff.replaced.push_back(item);
      continue;
    }
    diff.added.push_back(item);
    if (!collected) {
      diff.not_collected.push_back(item);
      bound_.back().ledger_from_ms = backfill_from_ms;
    }
  }
  for (auto& [item, b] : before) {
    // What the new version shares with the old one is already bound again and stays.
    unbind(b);
    if (!std::binary_search(diff.replaced.begin(), diff.replaced.end(), item))
      diff.removed.push_back(item);
  }
  windows_.settle();
  must_look_at_open_ = true;
  diff.history_ms = windows_.missing_history_ms(reach::quick);
  diff.far_history_ms = windows_.missing_history_ms(reach::far);
  note_waiting();
  rules_ = std::move(rules);
  return diff;
}

// -- rounds

bool host_checker::enter(int64_t t_ms, round_result& result) {
  if (cursor_ms_ && t_ms <= *cursor_ms_) {
    result.until_ms = *cursor_ms_;
    result.stale = true;
    return false;
  }
  if (cursor_ms_) {
    if (int64_t due = next_grid(*cursor_ms_, period_ms_, offset_ms_); due < t_ms)
      result.deviations.push_back({{}, due, t_ms - period_ms_, std::string(missed_not_sampled)});
  }
  begin_ledgers(t_ms, result);
  cursor_ms_ = result.until_ms = t_ms;
  return true;
}

void host_checker::begin_ledgers(int64_t t_ms, round_result& result) {
  for (auto& b : bound_) {
    if (!b.ledger_from_ms)
      continue;
    int64_t from = ceil_grid(*b.ledger_from_ms, period_ms_, offset_ms_);
    b.ledger_from_ms.reset();
    if (from < t_ms)
      result.deviations.push_back(
        {b.rule->rule.check_item, from, t_ms - period_ms_, std::string(missed_not_collected)});
  }
}

void host_checker::take(int64_t t_ms,
                        std::span<const sample> samples,
                        bool answered,
                        double duration_s) {
  windows_.trim(t_ms);
  auto keep = [&](uint32_t slot, number value) {
    if (slot >= kept_.slot_count())
      return;
    windows_.append(slot, t_ms, value);
    kept_.remember(slot, t_ms, value);
  };
  keep(kept_series::up, number::of(int64_t{answered}));
  keep(kept_series::duration, number::of(duration_s));
  for (const auto& s : samples)
    keep(s.slot, s.value);
}

std::optional<result_value>
host_checker::judge(bound_rule& b, int64_t t_ms, const std::string_view* why_silent) {
  auto began = clock_ ? clock_() : 0;
  auto value = b.judge->at(t_ms, why_silent == nullptr);
  if (clock_)
    b.spent_ns += clock_() - began;
  ++b.evaluations;
  if (value != b.value || !b.since_ms) {
    b.value = value;
    b.since_ms = t_ms;
    b.is_told = false;
    b.reason = value ? reason_of(b, *value, t_ms, why_silent) : std::string();
  }
  return value;
}

std::string host_checker::reason_of(const bound_rule& b,
                                    result_value value,
                                    int64_t t_ms,
                                    const std::string_view* why_silent) const {
  return short_reason(b.judge->reason(value, t_ms, why_silent));
}

// -- alerts

/// What differs from what was told before.
void host_checker::tell_changes(round_result& result) {
  if (std::exchange(must_look_at_open_, false))
    end_alerts_of_what_is_gone(result);
  for (auto& b : bound_) {
    if (b.is_told || !b.since_ms) // Or not judged yet.
      continue;
    b.is_told = true;
    const auto& rule = b.rule->rule;
    std::string value(b.value ? to_string(*b.value) : "");
    instance_key key{rule.check_item, {}};
    auto known = open_.find(key);
    if (value == (known == open_.end() ? "" : known->second.value)) {
      if (known != open_.end())
        b.since_ms = known->second.since_ms;
      continue;
    }
    result.alerts.push_back({key.first, key.second, value, *b.since_ms, rule.severity, b.reason});
    if (value.empty())
      open_.erase(known);
    else
      open_.insert_or_assign(std::move(key), open_alert{std::move(value), *b.since_ms});
  }
}

/// Of rules that are not judged here any more.
void host_checker::end_alerts_of_what_is_gone(round_result& result) {
  std::erase_if(open_, [&](const auto& x) {
    const auto& [item, labels] = x.first;
    bool is_there = std::any_of(bound_.begin(), bound_.end(), [&](const bound_rule& b) {
      return b.rule->rule.check_item == item && labels.empty();
    });
    if (!is_there)
      result.alerts.push_back({item, labels, {}, result.until_ms, {}, {}});
    return !is_there;
  });
}

/// What was found in the judged range, joined with the run before it.
rule_change
host_checker::change_over(bound_rule& b, time_range judged, std::vector<interval> found) {
  if (b.run)
    found.push_back(*b.run);
  rule_change change{b.rule->rule.check_item, b.rule->digest, judged.from_ms, judged.until_ms, {}};
  for (const auto& row : merged(std::move(found), period_ms_)) {
    b.run = row;
    if (row.end_ms < judged.from_ms)
      continue; // The run before, or a day of it: nothing joined.
    change.replace_from_ms = std::min(change.replace_from_ms, row.start_ms);
    change.rows.push_back(row);
  }
  return change;
}

round_result
host_checker::judge_round(int64_t t_ms, const std::string_view* why_silent, round_result result) {
  for (auto& b : bound_)
    if (!b.waits)
      if (auto value = judge(b, t_ms, why_silent))
        result.changes.push_back(change_over(b, {t_ms, t_ms}, {{t_ms, t_ms, *value, b.reason}}));
  result.judged = bound_.size() - waiting_.size();
  tell_changes(result);
  return result;
}

void host_checker::note_waiting() {
  waiting_.clear();
  for (auto& b : bound_) {
    b.waits = std::any_of(b.slots.begin(), b.slots.end(), [&](uint32_t slot) {
      return windows_.waits_far(slot, b.horizon_ms);
    });
    if (b.waits)
      waiting_.push_back(b.rule->rule.check_item);
  }
}

round_result
host_checker::on_samples(int64_t t_ms, std::span<const sample> samples, double duration_s) {
  round_result result;
  if (!enter(t_ms, result))
    return result;
  take(t_ms, samples, true, duration_s);
  return judge_round(t_ms, nullptr, std::move(result));
}

round_result host_checker::on_failure(int64_t t_ms, double duration_s, std::string_view reason) {
  round_result result;
  if (!enter(t_ms, result))
    return result;
  take(t_ms, {}, false, duration_s);
  return judge_round(t_ms, &reason, std::move(result));
}

round_result host_checker::replay(std::span<const round> rounds) {
  round_result result;
  std::vector<std::vector<interval>> found(bound_.size());
  std::optional<int64_t> first;
  for (const auto& r : rounds) {
    if (!enter(r.time_ms, result))
      continue;
    first = first.value_or(r.time_ms);
    take(r.time_ms, r.samples, r.answered, r.duration_s);
    std::string_view why = r.reason.empty() ? no_answer : std::string_view(r.reason);
    for (size_t i = 0; i < bound_.size(); ++i)
      if (!bound_[i].waits)
        if (auto value = judge(bound_[i], r.time_ms, r.answered ? nullptr : &why))
          found[i].push_back({r.time_ms, r.time_ms, *value, bound_[i].reason});
    result.judged += bound_.size() - waiting_.size();
  }
  result.stale = !first;
  result.until_ms = cursor_ms_.value_or(0);
  for (size_t i = 0; i < bound_.size(); ++i) {
    if (found[i].empty())
      continue;
    result.changes.push_back(change_over(bound_[i], {*first, *cursor_ms_}, std::move(found[i])));
  }
  if (first)
    tell_changes(result);
  return result;
}

// -- starting

void host_checker::load_history(std::span<const round> rounds, reach which) {
  for (const auto& r : rounds) {
    if (cursor_ms_ && r.time_ms > *cursor_ms_)
      break;
    windows_.load(which, kept_series::up, r.time_ms, number::of(int64_t{r.answered}));
    windows_.load(which, kept_series::duration, r.time_ms, number::of(r.duration_s));
    for (const auto& s : r.samples)
      windows_.load(which, s.slot, r.time_ms, s.value);
  }
}

void host_checker::history_loaded(reach which) {
  windows_.loaded(which);
  note_waiting();
}

void host_checker::resume(int64_t cursor_ms,
                          std::span<const last_row> last_rows,
                          std::span<const alert_change> alerts) {
  cursor_ms_ = cursor_ms;
  open_.clear();
  for (const auto& x : alerts)
    open_.insert_or_assign({x.check_item, x.labels}, open_alert{x.value, x.since_ms});
  must_look_at_open_ = true;
  for (auto& b : bound_) {
    b.ledger_from_ms.reset();
    b.is_told = false;
    for (const auto& last : last_rows) {
      bool same_rule = last.rule_digest.empty() || last.rule_digest == b.rule->digest;
      bool newer = !b.run || b.run->end_ms < last.row.end_ms;
      if (last.check_item == b.rule->rule.check_item && same_rule && newer)
        b.run = last.row;
    }
  }
}

std::vector<rule_cost> host_checker::take_costs() {
  std::vector<rule_cost> out;
  for (auto& b : bound_)
    if (auto n = std::exchange(b.evaluations, 0); n > 0)
      out.push_back({b.rule->rule.check_item, n, std::exchange(b.spent_ns, 0)});
  return out;
}

// -- looking

std::vector<rule_state> host_checker::states() const {
  std::vector<rule_state> result;
  for (const auto& b : bound_)
    result.push_back({b.rule->rule.check_item, b.value, b.since_ms, {}, b.reason});
  return result;
}

int64_t host_checker::collected_from_ms(const data_item& item) const {
  constexpr auto always = std::numeric_limits<int64_t>::min();
  if (is_own_series(item) || (list_ && list_->contains(item.name)))
    return always;
  int64_t earliest = std::numeric_limits<int64_t>::max();
  for (const auto& b : bound_)
    for (const auto& d : b.rule->rule.data_list)
      if (d.name == item.name && d.label == item.label)
        earliest = std::min(earliest, b.rule->since_ms);
  return earliest;
}

size_t host_checker::memory_bytes() const {
  size_t bytes = sizeof(*this) + kept_.memory_bytes() + windows_.memory_bytes();
  for (const auto& b : bound_)
    bytes += sizeof(b) + b.slots.capacity() * sizeof(uint32_t) + b.judge->memory_bytes();
  return bytes;
}

} // namespace aops::check
