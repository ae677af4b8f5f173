#include "runtime/core/check/delivered_run.hpp"

#include "runtime/core/check/aggregates.hpp"
#include "runtime/core/check/lack.hpp"
#include "runtime/core/check/part_watch.hpp"
#include "runtime/core/expr/evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace aops::check {

namespace {

constexpr std::string_view no_points = "no sample in the range";

bool is_log(const compiled_item& x) { return x.item.type == "log"; }

template <class T>
std::vector<T> in_time_order(std::span<const T> points) {
  std::vector<T> result(points.begin(), points.end());
  auto by_time = [](const T& a, const T& b) { return a.time_ms < b.time_ms; };
  if (!std::is_sorted(result.begin(), result.end(), by_time))
    std::stable_sort(result.begin(), result.end(), by_time);
  return result;
}

/// The series that an item of one instance is made of; several only of an aggregate.
using members = std::vector<std::span<const point>>;

/// A line as a reason: in one row.
std::string shown_line(std::string_view text) {
  auto out = short_reason(std::string{text.substr(0, 2 * longest_reason)});
  std::replace_if(
    out.begin(), out.end(), [](unsigned char c) { return c < ' '; }, ' ');
  return out;
}

/// What stands for a judgement that is no list of points.
struct failed_run {
  result_value value = result_value::no_data;
  std::string reason;
};

/// One rule over delivered samples.
class delivered_run {
public:
  delivered_run(const rule_set::rule_ptr& rule, const run_request& request, const run_data& data)
      : rule_(*rule), request_(request), data_(data), terms_(rule->terms(request.period_ms)),
        parts_(*rule, request.most_values) {}

  run_result result() {
    run_result out;
    out.parts = parts_.texts();
    size_t left_out = 0;
    for (const auto& x : data_.items)
      left_out += x.left_out;
    if (!rule_.has_instances() && left_out == 0) {
      judge({}, out);
      return out;
    }
    if (left_out > 0) {
      out.whole = result_value::internal_error;
      out.reason = why_unkept(left_out);
    }
    if (!rule_.has_instances())
      return out;
    auto instances = found_instances();
    if (instances.empty() && !out.whole) {
      out.whole = result_value::no_data;
      out.reason = "no series " + shown_series(rule_.items[0].item);
    }
    size_t count = 0;
    for (const auto& labels : instances) {
      if (count == request_.max_instances)
        break;
      ++count;
      if (labels.empty()) {
        judge(labels, out);
        continue;
      }
      auto& to = out.instances.emplace_back();
      to.labels = labels;
      out.judged = std::max(out.judged, judge(labels, to));
    }
    if (instances.size() > count && !out.whole) {
      out.whole = result_value::internal_error;
      out.reason = fmt::format("{} series match, {} are judged (check.max_instances)",
                               instances.size(),
                               request_.max_instances);
    }
    return out;
  }

private:
  std::set<label_set> found_instances() const {
    std::set<label_set> found;
    const auto& x = rule_.items[0];
    for (const auto& s : data_.items[0].series)
      if (!s.points.empty())
        found.insert(x.agg == aggregation::none ? s.label : group_labels(x.item, s.label));
    return found;
  }

  static void set_judged(run_result& to, size_t judged) { to.judged = judged; }
  static void set_judged(instance_result&, size_t) {}

  /// Judges an instance over the range. @return How many points.
  template <class Result>
  size_t judge(const label_set& labels, Result& to) {
    std::vector<expr::series> series;
    auto failed = series_of(labels, series);
    if (!failed && std::any_of(series.begin(), series.end(), [&](const expr::series& s) {
          return s.empty() && rule_.items[static_cast<size_t>(&s - series.data())].is_needed;
        }))
      failed = failed_run{result_value::no_data, std::string(no_points)};
    size_t judged = failed ? 0 : judge_points(labels, series, to.points, to.values);
    if (!failed && judged == 0)
      failed = failed_run{result_value::no_data, std::string(no_points)};
    set_judged(to, judged);
    if (failed && says(failed->value)) {
      to.whole = failed->value;
      to.reason = std::move(failed->reason);
    }
    return judged;
  }

  /// Whether a lack of data is a row.
  bool says(result_value v) const {
    return v != result_value::no_data || terms_.no_data == no_data_policy::tell ||
           terms_.no_data == no_data_policy::alert;
  }

  /// Judges every point of `$0` in the range.
  size_t judge_points(const label_set& labels,
                      const std::vector<expr::series>& series,
                      std::vector<point_result>& to,
                      std::vector<part_values>& values) {
    std::vector<const expr::series*> data;
    for (const auto& s : series)
      data.push_back(&s);
    expr::evaluator evaluator(rule_.program, data);
    std::optional<expr::evaluator> recover;
    if (rule_.recover)
      recover.emplace(rule_.recover, data);
    firing time;
    size_t judged = 0;
    uint64_t end = series[0].lower_bound(request_.end_ms);
    for (auto i = series[0].lower_bound(request_.start_ms - terms_.lead_ms()); i < end; ++i) {
      auto t = series[0].time(i);
      if (t < request_.start_ms && !terms_.looks_back())
        continue;
      auto state = point_state::well;
      if (auto v = evaluator.verdict_at(i); v != expr::verdict::normal)
        state = v == expr::verdict::abnormal ? point_state::held : point_state::error;
      auto value = time.at(t, state, terms_, [&] {
        return recover && recover->verdict_at(i) == expr::verdict::abnormal;
      });
      if (t < request_.start_ms)
        continue;
      ++judged;
      if (value)
        to.push_back({t,
                      *value,
                      *value == result_value::internal_error ? evaluator.at(i).reason
                      : *value == result_value::abnormal     ? text_at(data, t, i)
                                                             : std::string()});
      parts_.note_at(labels, data, i, values);
    }
    return judged;
  }

  /// The line that a point stands for, shortened; empty where there is none.
  static std::string text_at(const std::vector<const expr::series*>& data, int64_t t, uint64_t i) {
    for (const auto* s : data) {
      if (!s->is_log())
        continue;
      if (s == data.front())
        return shown_line(s->text(i));
      if (auto k = s->lower_bound(t + 1); k > s->first())
        return shown_line(s->text(k - 1));
    }
    return {};
  }

  // -- series

  std::optional<failed_run> series_of(const label_set& labels, std::vector<expr::series>& out) {
    const auto& items = rule_.items;
    if (std::any_of(items.begin(), items.end(), is_log)) {
      delivered_series(out);
      for (size_t i = 0; i < items.size(); ++i)
        if (out[i].empty() && items[i].is_needed)
          return failed_run{result_value::no_data, "no sample of " + shown_series(items[i].item)};
      return {};
    }
    std::vector<members> all;
    for (size_t i = 0; i < items.size(); ++i) {
      auto& found = all.emplace_back(members_of(i, labels));
      if (!items[i].is_needed)
        continue;
      if (found.empty())
        return failed_run{result_value::no_data, "no sample of " + shown_series(items[i].item)};
      if (is_ambiguous_)
        return failed_run{result_value::internal_error,
                          "several series " + shown_series(items[i].item) +
                            " belong to the instance: use on, ignoring or agg"};
    }
    aligned_series(all, out);
    return {};
  }

  /// The series of an item that have a point; sets `is_ambiguous_`.
  members members_of(size_t i, const label_set& labels) {
    is_ambiguous_ = false;
    const auto& x = rule_.items[i];
    if (!x.is_needed)
      return {};
    if (x.match == nullptr)
      return data_.items[i].points.empty() ? members{} : members{data_.items[i].points};
    members found;
    std::set<label_set> meant; // Series, or groups.
    for (const auto& s : data_.items[i].series) {
      if (s.points.empty())
        continue;
      auto name = x.agg == aggregation::none ? s.label : group_labels(x.item, s.label);
      bool is_main = i == 0 && rule_.has_instances();
      if (is_main ? name != labels : !belongs_to(x.item, name, labels))
        continue;
      found.push_back(s.points);
      meant.insert(std::move(name));
    }
    is_ambiguous_ = meant.size() > 1;
    return found;
  }

  /// The series of a rule with a log item, each with its own times.
  void delivered_series(std::vector<expr::series>& out) const {
    for (size_t i = 0; i < rule_.items.size(); ++i) {
      auto& s = out.emplace_back(is_log(rule_.items[i]));
      if (s.is_log()) {
        for (const auto& e : joined_by_time(in_time_order(data_.items[i].entries)))
          s.append(e.time_ms, e.text);
      } else {
        for (const auto& p : in_time_order(data_.items[i].points))
          s.append(p.time_ms, p.value);
      }
    }
  }

  /// All series on their common grid, then those of each item as one.
  void aligned_series(const std::vector<members>& all, std::vector<expr::series>& out) const {
    std::vector<std::vector<point>> points;
    std::vector<std::vector<int64_t>> times;
    for (const auto& item : all)
      for (auto member : item) {
        points.push_back(in_time_order(member));
        auto& t = times.emplace_back();
        for (const auto& p : points.back())
          t.push_back(p.time_ms);
      }
    auto common = align(times, request_.period_ms, request_.end_ms, request_.max_fill_ms);
    size_t first = 0;
    for (size_t i = 0; i < all.size(); ++i) {
      auto& s = out.emplace_back();
      s.reserve(common.grid.size());
      accumulator sum;
      for (size_t k = 0; k < common.grid.size() && !all[i].empty(); ++k) {
        auto value_of = [&](size_t m) { return points[m][common.pick[m][k]].value; };
        std::optional<number> value = value_of(first);
        if (rule_.items[i].agg != aggregation::none) {
          sum.clear();
          for (size_t m = first; m < first + all[i].size(); ++m)
            sum.take(value_of(m), rule_.items[i].agg);
          value = sum.value(rule_.items[i].agg);
        }
        if (value)
          s.append(common.grid[k], *value);
      }
      first += all[i].size();
    }
  }

  const compiled_rule& rule_;
  const run_request& request_;
  const run_data& data_;
  firing_terms terms_;
  part_watch parts_;
  bool is_ambiguous_ = false;
};

} // namespace

run_result
run_delivered(const rule_set::rule_ptr& rule, const run_request& request, const run_data& data) {
  return delivered_run(rule, request, data).result();
}

} // namespace aops::check
