#include "runtime/core/check/run.hpp"

#include "runtime/core/check/rule_judge.hpp"
#include "runtime/core/expr/evaluator.hpp"

#include <algorithm>
#include <map>

namespace aops::check {

namespace {

constexpr std::string_view no_points = "no sample in the range";

bool is_log(const data_item& item) { return item.type == "log"; }

template <class T>
std::vector<T> in_time_order(std::span<const T> points) {
  std::vector<T> result(points.begin(), points.end());
  auto by_time = [](const T& a, const T& b) { return a.time_ms < b.time_ms; };
  if (!std::is_sorted(result.begin(), result.end(), by_time))
    std::stable_sort(result.begin(), result.end(), by_time);
  return result;
}

run_result whole(result_value v, std::string reason) {
  run_result result;
  result.whole = v;
  result.reason = std::move(reason);
  return result;
}

// -- delivered times

/// The series of a KPI rule on their common grid.
std::vector<expr::series> aligned_series(const run_request& request, const run_data& data) {
  std::vector<std::vector<point>> points;
  std::vector<std::vector<int64_t>> times;
  for (const auto& item : data.items) {
    points.push_back(in_time_order(item.points));
    auto& t = times.emplace_back();
    for (const auto& p : points.back())
      t.push_back(p.time_ms);
  }
  auto common = align(times, request.period_ms, request.end_ms, request.max_fill_ms);
  std::vector<expr::series> result;
  for (size_t i = 0; i < points.size(); ++i) {
    auto& s = result.emplace_back();
    s.reserve(common.grid.size());
    for (size_t k = 0; k < common.grid.size(); ++k)
      s.append(common.grid[k], points[i][common.pick[i][k]].value);
  }
  return result;
}

/// The series of a rule with a log item, each with its own times.
std::vector<expr::series> delivered_series(const check_rule& rule, const run_data& data) {
  std::vector<expr::series> result;
  for (size_t i = 0; i < data.items.size(); ++i) {
    auto& s = result.emplace_back(is_log(rule.data_list[i]));
    if (s.is_log()) {
      for (const auto& e : joined_by_time(in_time_order(data.items[i].entries)))
        s.append(e.time_ms, e.text);
    } else {
      for (const auto& p : in_time_order(data.items[i].points))
        s.append(p.time_ms, p.value);
    }
  }
  return result;
}

/// Judges every point of `$0` in the range.
run_result judge_points(const compiled_rule& rule,
                        const run_request& request,
                        const std::vector<expr::series>& series) {
  run_result result;
  std::vector<const expr::series*> data;
  data.reserve(series.size());
  for (const auto& s : series)
    data.push_back(&s);
  expr::evaluator evaluator(rule.program, data);
  uint64_t end = series[0].lower_bound(request.end_ms);
  for (uint64_t i = series[0].lower_bound(request.start_ms); i < end; ++i) {
    ++result.judged;
    auto verdict = evaluator.verdict_at(i);
    if (verdict == expr::verdict::abnormal)
      result.points.push_back({series[0].time(i), result_value::abnormal, {}});
    else if (verdict == expr::verdict::error)
      result.points.push_back(
        {series[0].time(i), result_value::internal_error, evaluator.at(i).reason});
  }
  return result.judged == 0 ? whole(result_value::no_data, std::string(no_points)) : result;
}

run_result
run_delivered(const compiled_rule& rule, const run_request& request, const run_data& data) {
  const auto& list = rule.rule.data_list;
  bool logs = std::any_of(list.begin(), list.end(), is_log);
  auto series = logs ? delivered_series(rule.rule, data) : aligned_series(request, data);
  for (size_t i = 0; i < data.items.size(); ++i)
    if (data.items[i].points.empty() && data.items[i].entries.empty())
      return whole(result_value::no_data, "no sample of " + shown_series(list[i]));
  if (std::any_of(series.begin(), series.end(), [](auto& s) { return s.empty(); }))
    return whole(result_value::no_data, std::string(no_points));
  return judge_points(rule, request, series);
}

// -- stored rounds

/// The windows of one rule, filled round by round from stored samples.
class stored_windows {
public:
  stored_windows(const compiled_rule& rule, const run_data& data, int64_t period_ms)
      : rule_(rule), data_(data),
        horizon_(rule.program ? horizon_ms(*rule.program, period_ms) : period_ms),
        read_(data.items.size()) {
    for (size_t i = 0; i < data.items.size(); ++i)
      windows_.emplace_back();
  }

  std::vector<const expr::series*> pointers() const {
    std::vector<const expr::series*> result;
    for (const auto& w : windows_)
      result.push_back(&w);
    return result;
  }

  /// Brings the windows to the state in which the rule sees this round.
  void enter(const round_mark& round) {
    for (size_t i = 0; i < windows_.size(); ++i) {
      windows_[i].trim_before(round.time_ms - horizon_);
      const auto& item = rule_.rule.data_list[i];
      if (is_own_series(item))
        append_own(i, item.name, round);
      else
        append_stored(i, round.time_ms);
    }
  }

private:
  void append_own(size_t i, std::string_view name, const round_mark& round) {
    windows_[i].append(round.time_ms,
                       name == up_series ? number::of(int64_t{round.answered})
                                         : number::of(round.duration_s));
  }
  void append_stored(size_t i, int64_t until_ms) {
    const auto& points = data_.items[i].points;
    for (; read_[i] < points.size() && points[read_[i]].time_ms <= until_ms; ++read_[i])
      if (points[read_[i]].time_ms >= until_ms - horizon_)
        windows_[i].append(points[read_[i]].time_ms, points[read_[i]].value);
  }

  const compiled_rule& rule_;
  const run_data& data_;
  int64_t horizon_;
  std::vector<expr::series> windows_;
  std::vector<size_t> read_; ///< Points of each item that are in, or too old.
};

void add_missed(run_result& result, const compiled_rule& rule, int64_t t, int64_t last_round) {
  auto& missed = result.missed;
  if (!missed.empty() && missed.back().end_ms == last_round)
    missed.back().end_ms = t;
  else
    missed.push_back({rule.rule.check_item, t, t, std::string(missed_not_collected)});
}

run_result
run_stored(const rule_set::rule_ptr& rule, const run_request& request, const run_data& data) {
  run_result result;
  stored_windows windows(*rule, data, request.period_ms);
  rule_judge judge(rule, windows.pointers());
  int64_t last_round = std::numeric_limits<int64_t>::min();
  for (const auto& round : data.rounds) {
    if (round.time_ms >= request.end_ms)
      break;
    windows.enter(round);
    if (round.time_ms < request.start_ms)
      continue;
    ++result.judged;
    auto lacking = rule->program ? judge.lacking(round.time_ms) : std::nullopt;
    if (round.answered && lacking && round.time_ms < data.items[*lacking].collected_from_ms) {
      add_missed(result, *rule, round.time_ms, last_round);
    } else if (auto value = judge.at(round.time_ms, round.answered)) {
      result.points.push_back(
        {round.time_ms,
         *value,
         judge.reason(*value, round.time_ms, round.answered ? nullptr : &no_answer)});
    }
    last_round = round.time_ms;
  }
  if (result.judged == 0)
    return whole(result_value::no_data, "no round took place");
  return result;
}

} // namespace

time_range range_to_fetch(const compiled_rule& rule, const run_request& request) {
  int64_t back = rule.program ? horizon_ms(*rule.program, request.period_ms) : 0;
  return {request.start_ms - back, request.end_ms};
}

run_result
run_rule(const rule_set::rule_ptr& rule, const run_request& request, const run_data& data) {
  const auto& list = rule->rule.data_list;
  if (data.items.size() != list.size())
    return whole(result_value::internal_error, "the data is not the rule's");
  for (size_t i = 0; i < list.size(); ++i)
    if (data.items[i].failed)
      return whole(result_value::internal_error, "no answer about " + shown_series(list[i]));
  bool logs = std::any_of(list.begin(), list.end(), is_log);
  if (request.basis == time_basis::stored_grid && !logs)
    return run_stored(rule, request, data);
  if (!rule->program)
    return whole(result_value::internal_error, rule->refusal);
  return run_delivered(*rule, request, data);
}

std::vector<rule_change> changes_of(const compiled_rule& rule,
                                    const run_request& request,
                                    const run_result& result,
                                    std::span<const label_set> known) {
  std::map<label_set, std::vector<interval>> rows;
  auto add = [&](const label_set& labels, const std::vector<point_result>& points) {
    auto& of_instance = rows[labels];
    for (const auto& p : points)
      of_instance.push_back({p.time_ms, p.time_ms, p.value, short_reason(p.reason)});
  };
  add({}, result.points);
  for (const auto& x : result.instances)
    add(x.labels, x.points);
  for (const auto& labels : known)
    rows.try_emplace(labels);
  if (result.whole)
    rows[{}].push_back(
      {request.start_ms, request.end_ms, *result.whole, short_reason(result.reason)});
  std::vector<rule_change> changes;
  for (auto& [labels, found] : rows) {
    auto& change = changes.emplace_back();
    change.check_item = rule.rule.check_item;
    change.rule_digest = rule.digest;
    change.replace_from_ms = request.start_ms;
    change.replace_until_ms = std::max(request.start_ms, request.end_ms - 1);
    change.rows = result.whole ? std::move(found) : merged(std::move(found), request.period_ms);
    change.labels = labels;
  }
  return changes;
}

rule_change
change_of(const compiled_rule& rule, const run_request& request, const run_result& result) {
  return changes_of(rule, request, result).front();
}

} // namespace aops::check
