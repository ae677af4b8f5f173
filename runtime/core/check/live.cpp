#include "runtime/core/check/live.hpp"

#include "runtime/core/check/alerts.hpp"
#include "runtime/core/check/grid.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace aops::check {

host_checker::host_checker(int64_t period_ms,
                           std::string host_id,
                           std::shared_ptr<const keep_list> list,
                           size_t max_listed,
                           match_limits limits)
    : period_ms_(period_ms), host_id_(std::move(host_id)),
      offset_ms_(grid_offset_ms(host_id_, period_ms)), list_(std::move(list)),
      rules_(rule_set::build({})), kept_(list_, max_listed, limits.series), limits_(limits),
      engine_(period_ms, kept_, limits) {}

// -- rules

void host_checker::set_host(promql::labels host) {
  engine_.set_host(host);
  for (auto& s : silent_)
    if (s.engine)
      s.engine->set_host(host);
  host_ = std::move(host);
}

void host_checker::adopt_series(std::span<const series_entry> series, int64_t seen_ms) {
  for (const auto& s : series)
    kept_.adopt(s.slot, s.key, seen_ms);
}

rules_diff host_checker::set_rules(std::shared_ptr<const rule_set> rules,
                                   std::span<const std::string> host_groups,
                                   int64_t backfill_from_ms) {
  rules_diff diff;
  std::map<std::string, bound_rule> before;
  for (auto& b : bound())
    before.emplace(b.rule->rule.check_item, std::move(b));
  bound().clear();
  auto meant = rules->for_host(host_groups);
  bound().reserve(meant.size()); // Hundreds of hosts keep hundreds each: no room to grow.
  for (auto& rule : meant) {
    if (rule->has_logs()) // Of a `log_checker`.
      continue;
    const auto& item = rule->rule.check_item;
    auto known = before.find(item);
    if (known != before.end() && known->second.rule->digest == rule->digest) {
      bound().push_back(std::move(known->second));
      engine_.renew_rule(bound().back(), rule);
      before.erase(known);
      continue;
    }
    bool collected = true;
    bound().push_back(engine_.bind(rule, collected));
    if (known != before.end()) {
      diff.replaced.push_back(item);
      continue;
    }
    diff.added.push_back(item);
    if (!collected) {
      diff.not_collected.push_back(item);
      bound().back().more.make().ledger_from_ms = backfill_from_ms;
    }
  }
  for (auto& [item, b] : before) {
    // What the new version shares with the old one is already bound again and stays.
    engine_.unbind(b);
    if (!std::binary_search(diff.replaced.begin(), diff.replaced.end(), item))
      diff.removed.push_back(item);
  }
  engine_.settle();
  watches_flaps_ = std::any_of(bound().begin(), bound().end(), [&](const bound_rule& b) {
    return limits_.flaps.applies_to(b.rule->rule.flapping);
  });
  for (auto which : {reach::quick, reach::far})
    prepare_silent(which);
  must_look_at_open_ = true;
  diff.history_ms = engine_.missing_history_ms(reach::quick);
  diff.far_history_ms = engine_.missing_history_ms(reach::far);
  note_waiting();
  rules_ = std::move(rules);
  return diff;
}

bound_rule* host_checker::find(const std::string& check_item) {
  auto found = std::lower_bound(
    bound().begin(), bound().end(), check_item, [](const bound_rule& b, const std::string& item) {
      return b.rule->rule.check_item < item;
    });
  return found != bound().end() && found->rule->rule.check_item == check_item ? &*found : nullptr;
}

instance* host_checker::find(bound_rule& b, const label_set& labels) {
  if (labels.empty())
    return &b.common;
  auto all = b.others();
  auto found =
    std::find_if(all.begin(), all.end(), [&](const instance& x) { return x.labels() == labels; });
  return found == all.end() ? nullptr : &*found;
}

/// Instances of queries come with what these yield; before that, with what is known of them.
instance* host_checker::find_or_add(bound_rule& b, const label_set& labels) {
  return b.query() ? &rule_engine::instance_of_query(b, labels) : find(b, labels);
}

std::vector<uint32_t> host_checker::forget_unseen(int64_t before_ms, size_t most) {
  auto gone = kept_.forget_unseen(before_ms, most);
  engine_.forget(gone);
  for (auto& s : silent_)
    if (s.engine)
      s.engine->forget(gone);
  return gone;
}

std::vector<data_item> host_checker::matches() const {
  std::vector<data_item> result;
  for (const auto& b : bound())
    for (const auto& x : b.rule->items) {
      if (x.match == nullptr || !x.is_needed)
        continue;
      auto same = [&](const data_item& y) { return mean_the_same(x.item, y); };
      if (std::none_of(result.begin(), result.end(), same)) {
        auto& item = result.emplace_back();
        item.name = x.item.name;
        item.match = x.item.match;
      }
    }
  return result;
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
  for (auto& b : bound()) {
    if (!b.more->ledger_from_ms)
      continue;
    int64_t from = ceil_grid(*b.more->ledger_from_ms, period_ms_, offset_ms_);
    b.more.make().ledger_from_ms.reset();
    if (from < t_ms)
      result.deviations.push_back(
        {b.rule->rule.check_item, from, t_ms - period_ms_, std::string(missed_not_collected)});
  }
}

/// @param found `void(bound_rule&, instance&)` for each instance that is not well.
template <class Found>
void host_checker::judge(int64_t t_ms, const std::string_view* why_silent, Found found) {
  for (auto& b : bound()) {
    if (b.waits)
      continue;
    auto began = clock_ ? clock_() : 0;
    engine_.judge(b, t_ms, why_silent, [&](instance& x) { found(b, x); });
    if (clock_)
      b.spent_ns += clock_() - began;
    ++b.evaluations;
  }
  must_look_at_open_ |= engine_.have_instances_gone();
}

/// What was found in the judged range, joined with the run before it.
rule_change host_checker::change_over(const bound_rule& b,
                                      const label_set& labels,
                                      std::unique_ptr<interval>& run,
                                      time_range judged,
                                      std::vector<interval> found) {
  if (run)
    found.push_back(*run);
  rule_change change{
    b.rule->rule.check_item, b.rule->digest, judged.from_ms, judged.until_ms, {}, labels};
  for (auto& row : merged(std::move(found), period_ms_)) {
    run = std::make_unique<interval>(row);
    if (row.end_ms < judged.from_ms)
      continue; // The run before, or a day of it: nothing joined.
    change.replace_from_ms = std::min(change.replace_from_ms, row.start_ms);
    change.rows.push_back(std::move(row));
  }
  return change;
}

/// The same for one round. Mostly it goes on with the run before it.
rule_change host_checker::change_at(const bound_rule& b, instance& x, int64_t t_ms) {
  auto& more = x.more.make();
  auto* run = more.run.get();
  bool goes_on = run != nullptr && run->value == *x.value && run->end_ms <= t_ms &&
                 t_ms - run->end_ms <= join_distance_ms(period_ms_) &&
                 t_ms - run->start_ms <= longest_interval_ms;
  if (!goes_on)
    return change_over(
      b, more.labels, more.run, {t_ms, t_ms}, {{t_ms, t_ms, *x.value, more.reason}});
  run->end_ms = t_ms;
  return {b.rule->rule.check_item, b.rule->digest, run->start_ms, t_ms, {*run}, more.labels};
}

round_result
host_checker::judge_round(int64_t t_ms, const std::string_view* why_silent, round_result result) {
  judge(t_ms, why_silent, [&](bound_rule& b, instance& x) {
    result.changes.push_back(change_at(b, x, t_ms));
  });
  result.judged = bound().size() - waiting_.size();
  tell_changes(result);
  return result;
}

round_result
host_checker::on_samples(int64_t t_ms, std::span<const sample> samples, double duration_s) {
  round_result result;
  if (!enter(t_ms, result))
    return result;
  engine_.enter(t_ms, samples, true, duration_s, true, &result.recorded);
  return judge_round(t_ms, nullptr, std::move(result));
}

round_result host_checker::on_failure(int64_t t_ms, double duration_s, std::string_view reason) {
  round_result result;
  if (!enter(t_ms, result))
    return result;
  engine_.enter(t_ms, {}, false, duration_s, true);
  return judge_round(t_ms, &reason, std::move(result));
}

round_result host_checker::replay(std::span<const round> rounds) {
  round_result result;
  // By rule and labels: an instance may be gone before the end.
  std::map<std::pair<const bound_rule*, label_set>, found_rows> found;
  std::optional<int64_t> first;
  for (const auto& r : rounds) {
    if (!enter(r.time_ms, result))
      continue;
    first = first.value_or(r.time_ms);
    engine_.enter(r.time_ms, r.samples, r.answered, r.duration_s, true);
    std::string_view why = r.reason.empty() ? no_answer : std::string_view(r.reason);
    judge(r.time_ms, r.answered ? nullptr : &why, [&](bound_rule& b, instance& x) {
      auto [rows, is_new] = found.try_emplace({&b, x.labels()});
      if (is_new && x.more->run)
        rows->second.run = std::make_unique<interval>(*x.more->run);
      rows->second.rows.push_back({r.time_ms, r.time_ms, *x.value, x.reason()});
    });
    result.judged += bound().size() - waiting_.size();
    tell_changes(result);
  }
  keep_latest(result.alerts);
  result.stale = !first;
  result.until_ms = cursor_ms_.value_or(0);
  for (auto& [key, x] : found) {
    auto& b = *find(key.first->rule->rule.check_item);
    result.changes.push_back(
      change_over(b, key.second, x.run, {*first, *cursor_ms_}, std::move(x.rows)));
    if (auto* still = find(b, key.second))
      still->more.make().run = std::move(x.run);
  }
  return result;
}

// -- alerts

/// What differs from what was told before. An instance that is what it was is told of again when
/// its rule says something else of it by now.
void host_checker::tell_changes(round_result& result) {
  if (std::exchange(must_look_at_open_, false))
    end_alerts_of_what_is_gone(result);
  if (watches_flaps_)
    watch_flaps();
  if (!engine_.have_values_changed() && !std::exchange(must_tell_all_, false))
    return;
  must_tell_all_ = false;
  for (auto& b : bound()) {
    tell_change(b, b.common, result);
    for (auto& x : b.others())
      tell_change(b, x, result);
  }
}

void host_checker::tell_change(const bound_rule& b, instance& x, round_result& result) {
  if (x.is_told || !x.is_judged()) // Or not judged yet.
    return;
  x.is_told = true;
  if (tell_flapping(b, x, result))
    return;
  const auto& rule = b.rule->rule;
  std::string value(x.value ? to_string(*x.value) : "");
  bool alerts_without_data = b.terms->no_data == no_data_policy::alert;
  instance_key key{rule.check_item, x.labels()};
  auto known = open_.find(key);
  if (known != open_.end() && value == known->second.value) {
    x.judged_since_ms = known->second.since_ms;
    auto& before = known->second;
    bool is_same =
      before.severity == rule.severity &&
      (x.value != result_value::no_data ||
       before.alerts_without_data.value_or(alerts_without_data) == alerts_without_data);
    before.alerts_without_data = alerts_without_data;
    if (is_same)
      return;
  } else if (known == open_.end() && value.empty()) {
    return;
  }
  tell(b, x, x.judged_since_ms, std::move(value), x.reason(), result);
}

void host_checker::tell(const bound_rule& b,
                        instance& x,
                        int64_t since_ms,
                        std::string value,
                        std::string reason,
                        round_result& result) {
  const auto& rule = b.rule->rule;
  auto& change = result.alerts.emplace_back(
    alert_change{rule.check_item, x.labels(), value, since_ms, rule.severity, std::move(reason)});
  if (const auto& told = x.more->told) {
    change.rule_labels = told->labels;
    change.annotations = told->annotations;
  }
  instance_key key{rule.check_item, x.labels()};
  if (value.empty())
    open_.erase(key);
  else
    open_.insert_or_assign(
      std::move(key),
      open_alert{
        std::move(value), since_ms, rule.severity, b.terms->no_data == no_data_policy::alert});
}

// -- flapping

void host_checker::watch_flaps() {
  bool is_any = false;
  auto watch = [&](instance& x) {
    if (!x.is_judged() || !x.more.make().flaps.note(x.value, limits_.flaps))
      return;
    x.is_told = false;
    is_any = true;
  };
  for (auto& b : bound()) {
    if (b.waits || !limits_.flaps.applies_to(b.rule->rule.flapping))
      continue;
    watch(b.common);
    for (auto& x : b.others())
      watch(x);
  }
  must_tell_all_ |= is_any;
}

/// While an instance flaps its changes are not told: only that it begins and that it ends to do so.
bool host_checker::tell_flapping(const bound_rule& b, instance& x, round_result& result) {
  if (x.more->flaps.flaps() == x.more->is_flapping_told)
    return x.more->is_flapping_told;
  auto& more = x.more.make();
  more.is_flapping_told = more.flaps.flaps();
  if (more.is_flapping_told)
    tell(b,
         x,
         result.until_ms,
         std::string(to_string(result_value::abnormal)),
         why_flapping(more.flaps, limits_.flaps),
         result);
  else
    tell(
      b, x, result.until_ms, std::string(x.value ? to_string(*x.value) : ""), more.reason, result);
  return true;
}

/// Of rules that are not judged here any more, and of instances that went with their series.
void host_checker::end_alerts_of_what_is_gone(round_result& result) {
  std::erase_if(open_, [&](const auto& x) {
    const auto& [item, labels] = x.first;
    auto* b = find(item);
    if (b != nullptr && (b->waits || find(*b, labels) != nullptr))
      return false;
    result.alerts.push_back(
      {item, labels, {}, result.until_ms, b != nullptr ? b->rule->rule.severity : "", {}});
    return true;
  });
}

// -- starting

void host_checker::load_history(std::span<const round> rounds, reach which) {
  for (const auto& r : rounds) {
    if (cursor_ms_ && r.time_ms > *cursor_ms_)
      break;
    engine_.load(which, r.time_ms, r.samples, r.answered, r.duration_s);
    judge_silently(which, r);
  }
}

/// New rules whose verdicts depend on those before: the past is judged for them, and nothing told.
void host_checker::prepare_silent(reach which) {
  auto& silent = silent_[static_cast<size_t>(which)];
  std::vector<rule_set::rule_ptr> wanted;
  for (const auto& b : bound())
    if (b.pending == which && b.looks_back)
      wanted.push_back(b.rule);
  auto is_there = [&](const rule_set::rule_ptr& rule) {
    return std::any_of(silent.engine->rules.begin(),
                       silent.engine->rules.end(),
                       [&](const bound_rule& b) { return b.rule->digest == rule->digest; });
  };
  if (wanted.empty() || (silent.engine && std::all_of(wanted.begin(), wanted.end(), is_there))) {
    if (wanted.empty())
      silent = {};
    return;
  }
  silent = {};
  silent.engine = std::make_unique<rule_engine>(period_ms_, kept_, limits_);
  silent.engine->set_host(host_);
  for (auto& rule : wanted) {
    bool collected = true;
    silent.engine->rules.push_back(silent.engine->bind(rule, collected));
  }
  silent.engine->settle();
  for (auto part : {reach::quick, reach::far}) // All they will have comes as rounds.
    silent.engine->loaded(part);
  silent.engine->watch_states(
    [&silent](const bound_rule& b, instance& x, int64_t t_ms, point_state state) {
      auto& states = silent.states[{b.rule->rule.check_item, x.labels()}];
      if (x.is_fresh)
        states.clear();
      bool recovers = b.terms->has_recover && x.judge && x.judge->recovers();
      states.push_back({t_ms, state, recovers});
      while (states.front().time_ms < t_ms - b.terms->lead_ms())
        states.pop_front();
    });
}

void host_checker::judge_silently(reach which, const round& r) {
  auto& silent = silent_[static_cast<size_t>(which)];
  if (!silent.engine || (silent.last_ms && *silent.last_ms >= r.time_ms))
    return;
  silent.last_ms = r.time_ms;
  silent.engine->enter(r.time_ms, r.samples, r.answered, r.duration_s);
  for (auto& b : silent.engine->rules)
    silent.engine->judge(b, r.time_ms, r.answered ? nullptr : &no_answer, [](instance&) {});
}

/// Rules go on as if they had been there before.
void host_checker::take_over(reach which) {
  auto& silent = silent_[static_cast<size_t>(which)];
  if (!silent.engine)
    return;
  for (auto& before : silent.engine->rules) {
    auto* b = find(before.rule->rule.check_item);
    if (b == nullptr || b->rule->digest != before.rule->digest)
      continue;
    engine_.join(*b);
    for (const auto& [key, states] : silent.states) {
      if (key.first != b->rule->rule.check_item)
        continue;
      auto* last = find(before, key.second);
      if (last == nullptr || last->is_fresh) // It went meanwhile.
        continue;
      if (auto* x = find_or_add(*b, key.second))
        x->more.make().time = time_after(*b, key.second, states);
    }
  }
  silent = {};
}

/// Older rounds do not count: windows may not have been full then.
firing host_checker::time_after(const bound_rule& b,
                                const label_set& labels,
                                const std::deque<past_state>& states) const {
  firing time;
  bool must_fire = fired_at_the_cursor(b, labels);
  for (const auto& x : states) {
    if (must_fire && x.time_ms > *resumed_ms_) {
      time.fires();
      must_fire = false;
    }
    time.at(x.time_ms, x.state, *b.terms, [&] { return x.recovers; });
  }
  if (must_fire)
    time.fires();
  return time;
}

void host_checker::history_loaded(reach which) {
  engine_.loaded(which);
  take_over(which);
  if (which == reach::far)
    resumed_.clear();
  note_waiting();
}

void host_checker::resume(int64_t cursor_ms,
                          std::span<const last_row> last_rows,
                          std::span<const alert_change> alerts) {
  cursor_ms_ = resumed_ms_ = cursor_ms;
  open_.clear();
  for (const auto& x : alerts)
    open_.insert_or_assign({x.check_item, x.labels},
                           open_alert{x.value, x.since_ms, x.severity, {}});
  must_look_at_open_ = must_tell_all_ = true;
  resumed_.clear();
  for (const auto& last : last_rows) {
    auto* b = find(last.check_item);
    if (b == nullptr || !(last.rule_digest.empty() || last.rule_digest == b->rule->digest))
      continue;
    auto [known, is_new] = resumed_.try_emplace({last.check_item, last.labels}, last);
    if (!is_new && known->second.row.end_ms < last.row.end_ms)
      known->second = last;
    known->second.rule_digest = b->rule->digest;
  }
  auto go_on = [&](bound_rule& b, instance& x) {
    x.is_told = false;
    auto known = resumed_.find({b.rule->rule.check_item, x.labels()});
    if (known == resumed_.end())
      return;
    auto& more = x.more.make();
    more.run = std::make_unique<interval>(known->second.row);
    if (fired_at_the_cursor(b, more.labels))
      more.time.fires();
  };
  for (const auto& [key, last] : resumed_)
    if (auto* b = find(key.first))
      find_or_add(*b, key.second);
  for (const auto& x : alerts)
    if (auto* b = find(x.check_item))
      find_or_add(*b, x.labels);
  for (auto& b : bound()) {
    if (b.more.has())
      b.more.make().ledger_from_ms.reset();
    if (b.must_join)
      engine_.join(b);
    go_on(b, b.common);
    for (auto& x : b.others())
      go_on(b, x);
  }
  for (const auto& x : alerts) {
    auto* b = x.reason.starts_with(flapping_word) ? find(x.check_item) : nullptr;
    if (b == nullptr || !limits_.flaps.applies_to(b->rule->rule.flapping))
      continue;
    if (auto* known = find_or_add(*b, x.labels)) {
      known->more.make().flaps.go_on();
      known->more.make().is_flapping_told = true;
    }
  }
  if (!silent_[static_cast<size_t>(reach::far)].engine)
    resumed_.clear();
}

/// By the rows that were stored when the host started.
bool host_checker::fired_at_the_cursor(const bound_rule& b, const label_set& labels) const {
  auto known = resumed_.find({b.rule->rule.check_item, labels});
  return known != resumed_.end() && known->second.rule_digest == b.rule->digest &&
         known->second.row.value == result_value::abnormal &&
         known->second.row.end_ms >= *resumed_ms_;
}

void host_checker::note_waiting() {
  waiting_.clear();
  for (auto& b : bound()) {
    b.waits = engine_.waits_far(b);
    if (b.waits)
      waiting_.push_back(b.rule->rule.check_item);
  }
}

std::vector<rule_cost> host_checker::take_costs() {
  std::vector<rule_cost> out;
  for (auto& b : bound())
    if (auto n = std::exchange(b.evaluations, 0); n > 0)
      out.push_back({b.rule->rule.check_item, n, std::exchange(b.spent_ns, 0)});
  return out;
}

// -- looking

std::vector<rule_state> host_checker::states() const {
  std::vector<rule_state> result;
  auto add = [&](const bound_rule& b, const instance& x) {
    auto since = x.is_judged() ? std::optional(x.judged_since_ms) : std::nullopt;
    result.push_back({b.rule->rule.check_item, x.value, since, x.labels(), x.reason()});
  };
  for (const auto& b : bound()) {
    if (b.others().empty() || b.common.value)
      add(b, b.common);
    for (const auto& x : b.others())
      add(b, x);
  }
  return result;
}

int64_t host_checker::collected_from_ms(const data_item& item) const {
  constexpr auto always = std::numeric_limits<int64_t>::min();
  if (is_own_series(item) || (list_ && list_->contains(item.name)))
    return always;
  int64_t earliest = std::numeric_limits<int64_t>::max();
  for (const auto& b : bound())
    for (const auto& x : b.rule->items)
      if (x.is_needed && mean_the_same(x.item, item))
        earliest = std::min(earliest, b.rule->since_ms);
  return earliest;
}

size_t host_checker::memory_bytes() const {
  size_t bytes = sizeof(*this) + kept_.memory_bytes() + engine_.memory_bytes();
  for (const auto& [key, x] : open_)
    bytes += sizeof(key) + sizeof(x) + 64;
  for (const auto& s : silent_)
    bytes += s.engine ? s.engine->memory_bytes() : 0;
  return bytes;
}

} // namespace aops::check
