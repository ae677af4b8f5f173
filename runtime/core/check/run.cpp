#include "runtime/core/check/run.hpp"

#include "runtime/core/check/delivered_run.hpp"
#include "runtime/core/check/lack.hpp"
#include "runtime/core/check/part_watch.hpp"
#include "runtime/core/check/rule_engine.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace aops::check {

namespace {

bool is_log(const data_item& item) { return item.type == "log"; }

run_result whole(result_value v, std::string reason) {
  run_result result;
  result.whole = v;
  result.reason = std::move(reason);
  return result;
}

/// Feeds stored samples of one rule to the engine, round by round.
class stored_samples {
public:
  explicit stored_samples(const run_data& data) : data_(data) {}

  /// Gives the series the slots they have in the store, so that instances come in the same order.
  void adopt(const compiled_rule& rule, kept_series& kept) const {
    for (size_t i = 0; i < rule.items.size(); ++i)
      for (const auto& s : data_.items[i].series)
        if (s.slot > kept_series::duration)
          kept.adopt(s.slot, {rule.items[i].item.name, s.label}, 0);
  }

  void find_slots(const bound_rule& b, kept_series& kept) {
    for (size_t i = 0; i < b.rule->items.size(); ++i) {
      const auto& item = b.rule->items[i].item;
      if (is_own_series(item) || is_log(item))
        continue;
      if (!item.match)
        add(kept.slot_of(item.name, item.label), data_.items[i].points);
      for (const auto& s : data_.items[i].series)
        add(kept.slot_of(item.name, s.label), s.points);
    }
  }

  std::span<const sample> at(int64_t t_ms) {
    samples_.clear();
    for (auto& [slot, f] : feeds_) {
      while (f.read < f.points.size() && f.points[f.read].time_ms < t_ms)
        ++f.read;
      if (f.read < f.points.size() && f.points[f.read].time_ms == t_ms)
        samples_.push_back({slot, f.points[f.read].value});
    }
    return samples_;
  }

private:
  struct feed {
    std::span<const point> points;
    size_t read = 0;
  };
  void add(std::optional<uint32_t> slot, std::span<const point> points) {
    if (slot && !points.empty())
      feeds_[*slot] = {points, 0};
  }

  const run_data& data_;
  std::map<uint32_t, feed> feeds_;
  std::vector<sample> samples_;
};

/// One rule over stored rounds.
class stored_run {
public:
  stored_run(const rule_set::rule_ptr& rule, const run_request& request, const run_data& data)
      : request_(request), data_(data), kept_(nullptr, 0, no_limit),
        engine_(request.period_ms, kept_, {request.max_instances, no_limit}, true), samples_(data),
        parts_(*rule, request.most_values) {
    engine_.set_host(request.host);
    samples_.adopt(*rule, kept_);
    bool collected = true;
    engine_.rules.push_back(engine_.bind(rule, collected));
    for (const auto& x : data.items)
      engine_.rules.back().more.make().unkept += static_cast<uint32_t>(x.left_out);
    engine_.settle();
    engine_.loaded(reach::quick);
    engine_.loaded(reach::far);
    samples_.find_slots(engine_.rules.front(), kept_);
    take_outside(*rule);
  }

  run_result over_all_rounds() {
    auto lead = engine_.rules.front().terms->lead_ms();
    result_.parts = parts_.texts();
    if (engine_.rules.front().query() && request_.most_values > 0)
      result_.parts = {engine_.rules.front().rule->rule.condition};
    if (engine_.rules.front().learned() && request_.most_values > 0)
      result_.parts = {engine_.rules.front().rule->items[0].item.name, "expected", "low", "high"};
    for (const auto& round : data_.rounds) {
      if (round.time_ms >= request_.end_ms)
        break;
      engine_.enter(round.time_ms, samples_.at(round.time_ms), round.answered, round.duration_s);
      if (round.time_ms >= request_.start_ms - lead)
        judge(round);
    }
    if (result_.judged == 0)
      return whole(result_value::no_data, "no round took place");
    for (auto& [labels, x] : found_) {
      x.labels = labels;
      result_.instances.push_back(std::move(x));
    }
    return std::move(result_);
  }

private:
  static constexpr size_t no_limit = size_t{1} << 20;

  void judge(const round_mark& round) {
    auto& b = engine_.rules.front();
    show_outside(round.time_ms);
    bool is_asked = round.time_ms >= request_.start_ms;
    bool is_missed = false;
    engine_.judge(b, round.time_ms, round.answered ? nullptr : &no_answer, [&](instance& x) {
      if (!is_asked || misses(b, x, round))
        return;
      auto& to = x.labels().empty() ? result_.points : found_[x.labels()].points;
      to.push_back({round.time_ms, *x.value, x.reason()});
    });
    if (!is_asked)
      return;
    ++result_.judged;
    if (b.query())
      is_missed = misses_some(round);
    else if (b.common.judge)
      is_missed |= misses(b, b.common, round);
    else
      is_missed |= b.others().empty() && misses(b, b.common, round);
    for (const auto& x : b.others())
      is_missed |= !b.query() && misses(b, x, round);
    if (is_missed)
      add_missed(round.time_ms);
    last_round_ms_ = round.time_ms;
    if (b.query())
      return note_elements(b, round.time_ms);
    if (b.learned())
      return note_views(b, round.time_ms);
    note_parts(b, b.common, round.time_ms, result_.values);
    for (auto& x : b.others())
      if (parts_.wants_more())
        note_parts(b, x, round.time_ms, found_[x.labels()].values);
  }

  /// Whether an instance has no data because nobody collected it then.
  bool misses(const bound_rule& b, const instance& x, const round_mark& round) const {
    if (b.query())
      return misses_some(round);
    if (!round.answered || b.rule->is_refused())
      return false;
    auto i = x.judge ? x.judge->lacking(round.time_ms) : std::optional<size_t>(0);
    return i && round.time_ms < data_.items[*i].collected_from_ms;
  }

  /// The same of a query: of any of its series.
  bool misses_some(const round_mark& round) const {
    return round.answered &&
           std::any_of(data_.items.begin(), data_.items.end(), [&](const item_data& x) {
             return round.time_ms < x.collected_from_ms;
           });
  }

  /// What a query came to.
  void note_elements(const bound_rule& b, int64_t t_ms) {
    auto note = [&](const instance& x, std::vector<part_values>& to) {
      if (!x.more->element || values_ == request_.most_values)
        return;
      ++values_;
      to.push_back({t_ms, {expr::value::of(*x.more->element)}});
    };
    note(b.common, result_.values);
    for (const auto& x : b.others())
      if (x.more->element && values_ < request_.most_values)
        note(x, found_[x.labels()].values);
  }

  /// What a rule that learns came to.
  void note_views(const bound_rule& b, int64_t t_ms) {
    auto note = [&](const instance& x, std::vector<part_values>& to) {
      const auto& view = x.more->view;
      if (!view || values_ == request_.most_values)
        return;
      ++values_;
      to.push_back({t_ms, {}});
      for (auto value : {view->value, view->expected, view->low, view->high})
        to.back().values.push_back(std::isnan(value) ? expr::value() : expr::value::of(value));
    };
    note(b.common, result_.values);
    for (const auto& x : b.others())
      if (x.more->view && values_ < request_.most_values)
        note(x, found_[x.labels()].values);
  }

  // -- what a program said

  void take_outside(const compiled_rule& rule) {
    auto& b = engine_.rules.front();
    if (!b.learned() || !rule.outside)
      return;
    b.learned()->is_exact = true;
    b.learned()->problem = data_.is_outside_asked
                             ? data_.outside_problem
                             : "plug-in " + rule.outside->plugin + ": was not asked";
    for (const auto& x : data_.outside)
      if (auto slot = kept_.slot_of(rule.items[0].item.name, x.label))
        outside_.push_back({*slot, &x.verdicts, 0});
  }

  void show_outside(int64_t t_ms) {
    for (auto& x : outside_) {
      while (x.read < x.verdicts->size() && (*x.verdicts)[x.read].time_ms < t_ms)
        ++x.read;
      if (x.read < x.verdicts->size())
        engine_.rules.front().learned()->verdicts[x.slot] = (*x.verdicts)[x.read];
    }
  }

  void add_missed(int64_t t_ms) {
    auto& missed = result_.missed;
    if (!missed.empty() && missed.back().end_ms == last_round_ms_)
      missed.back().end_ms = t_ms;
    else
      missed.push_back({engine_.rules.front().rule->rule.check_item,
                        t_ms,
                        t_ms,
                        std::string(missed_not_collected)});
  }

  void
  note_parts(const bound_rule& b, const instance& x, int64_t t_ms, std::vector<part_values>& to) {
    if (parts_.wants_more() && b.rule->program && x.judge && !x.judge->lacking(t_ms))
      parts_.note(x.labels(), x.judge->windows(), t_ms, to);
  }

  const run_request& request_;
  const run_data& data_;
  kept_series kept_;
  rule_engine engine_;
  stored_samples samples_;
  part_watch parts_;
  run_result result_;
  std::map<label_set, instance_result> found_;
  int64_t last_round_ms_ = std::numeric_limits<int64_t>::min();
  size_t values_ = 0; ///< Of elements, that were noted.
  struct outside_feed {
    uint32_t slot = 0;
    const std::vector<outside_verdict>* verdicts = nullptr;
    size_t read = 0;
  };
  std::vector<outside_feed> outside_;
};

/// A query, or a rule that learns, is judged on a grid of the range, each series with its sample
/// nearest to each time.
run_result query_over_delivered(const rule_set::rule_ptr& rule,
                                const run_request& request,
                                const run_data& data) {
  auto range = range_to_fetch(*rule, request);
  std::vector<round_mark> rounds;
  for (auto t = request.start_ms -
                (request.start_ms - range.from_ms) / request.period_ms * request.period_ms;
       t < request.end_ms;
       t += request.period_ms)
    rounds.push_back({t, false, 0});
  std::vector<std::vector<point>> kept;
  auto on_grid = [&](std::span<const point> points) {
    auto& to = kept.emplace_back();
    for (auto& round : rounds)
      if (auto near = nearest_sample(points, round.time_ms, request.period_ms)) {
        to.push_back({round.time_ms, near->value});
        round.answered = true;
      }
    return std::span<const point>(to);
  };
  auto gridded = data;
  for (auto& item : gridded.items) {
    if (!item.points.empty())
      item.points = on_grid(item.points);
    for (auto& x : item.series)
      x.points = on_grid(x.points);
  }
  gridded.rounds = rounds;
  auto as_stored = request;
  as_stored.basis = time_basis::stored_grid;
  return stored_run(rule, as_stored, gridded).over_all_rounds();
}

} // namespace

time_range range_to_fetch(const compiled_rule& rule, const run_request& request) {
  int64_t back = rule.is_refused() ? 0 : history_ms(rule, request.period_ms);
  return {request.start_ms - back, request.end_ms};
}

run_result
run_rule(const rule_set::rule_ptr& rule, const run_request& request, const run_data& data) {
  const auto& list = rule->rule.data_list;
  if (data.items.size() < list.size())
    return whole(result_value::internal_error, "the data is not the rule's");
  for (size_t i = 0; i < list.size(); ++i)
    if (data.items[i].failed)
      return whole(result_value::internal_error, "no answer about " + shown_series(list[i]));
  auto all = data;
  all.items.resize(std::max(list.size(), rule->items.size()));
  bool logs = std::any_of(list.begin(), list.end(), is_log);
  if (request.basis == time_basis::stored_grid && !logs)
    return stored_run(rule, request, all).over_all_rounds();
  if (rule->is_refused())
    return whole(result_value::internal_error, rule->refusal);
  if (rule->query || rule->learns())
    return query_over_delivered(rule, request, all);
  return run_delivered(rule, request, all);
}

std::vector<rule_change> changes_of(const compiled_rule& rule,
                                    const run_request& request,
                                    const run_result& result,
                                    std::span<const label_set> known) {
  std::map<label_set, std::vector<interval>> rows;
  auto add = [&](const label_set& labels, const auto& found) {
    auto& of_instance = rows[labels];
    for (const auto& p : found.points)
      of_instance.push_back({p.time_ms, p.time_ms, p.value, short_reason(p.reason)});
    of_instance = merged(std::move(of_instance), request.period_ms);
    if (found.whole)
      of_instance.push_back(
        {request.start_ms, request.end_ms, *found.whole, short_reason(found.reason)});
  };
  add({}, result);
  for (const auto& x : result.instances)
    add(x.labels, x);
  for (const auto& labels : known)
    rows.try_emplace(labels);
  std::vector<rule_change> changes;
  for (auto& [labels, found] : rows) {
    auto& change = changes.emplace_back();
    change.check_item = rule.rule.check_item;
    change.rule_digest = rule.digest;
    change.replace_from_ms = request.start_ms;
    change.replace_until_ms = std::max(request.start_ms, request.end_ms - 1);
    change.rows = std::move(found);
    change.labels = labels;
  }
  return changes;
}

rule_change
change_of(const compiled_rule& rule, const run_request& request, const run_result& result) {
  return changes_of(rule, request, result).front();
}

} // namespace aops::check
