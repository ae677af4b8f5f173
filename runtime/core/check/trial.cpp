#include "runtime/core/check/trial.hpp"

#include "runtime/core/check/own_series.hpp"
#include "runtime/core/check/query_plan.hpp"
#include "runtime/core/check/typed_condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace aops::check {

namespace {

/// Labels of one name that are shown.
constexpr size_t most_shown_labels = 20;

using course = std::vector<std::pair<int64_t, number>>;

bool is_below(const number& a, const number& b) { return a.as_double() < b.as_double(); }

/// From the least to the greatest, what has no place there left out.
std::vector<number> in_order(const course& values) {
  std::vector<number> out;
  for (const auto& [time, value] : values)
    if (!std::isnan(value.as_double()))
      out.push_back(value);
  std::stable_sort(out.begin(), out.end(), is_below);
  return out;
}

/// The least value that so great a share of the points does not exceed.
number quantile(const std::vector<number>& ordered, double share) {
  auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(ordered.size())));
  return ordered[std::clamp<size_t>(rank, 1, ordered.size()) - 1];
}

void add_courses(const std::vector<std::string>& parts,
                 const label_set& labels,
                 const std::vector<part_values>& values,
                 std::vector<part_course>& to) {
  for (size_t i = 0; i < parts.size(); ++i) {
    auto& one = to.emplace_back(part_course{parts[i], labels, {}});
    for (const auto& x : values)
      if (i < x.values.size())
        if (auto value = number_in(x.values[i]))
          one.values.emplace_back(x.time_ms, *value);
  }
}

/// What a trial says of the part of a condition, whichever message it goes into.
template <class Part>
Part part_of(part_course&& from, const std::vector<number>& ordered) {
  Part part;
  part.text = std::move(from.text);
  part.labels = std::move(from.labels);
  part.points = static_cast<int64_t>(from.values.size());
  if (!ordered.empty()) {
    part.min = ordered.front();
    part.max = ordered.back();
  }
  if (!from.values.empty())
    part.last = from.values.back().second;
  part.values = thinned(from.values, most_shown_values);
  return part;
}

std::vector<tested_series> series_of(const compiled_rule& rule, const series_catalogue& known) {
  std::vector<tested_series> out;
  for (const auto& item : rule.items) {
    bool is_told = !item.is_needed || item.item.type == "log" || is_own_series(item.item) ||
                   std::any_of(out.begin(), out.end(), [&](const tested_series& x) {
                     return x.name == item.item.name;
                   });
    if (is_told)
      continue;
    auto& one = out.emplace_back();
    one.name = item.item.name;
    if (const auto* all = known.of(one.name)) {
      one.series = static_cast<int64_t>(all->size());
      one.labels.assign(all->begin(),
                        all->begin() + static_cast<long>(std::min(all->size(), most_shown_labels)));
    }
  }
  return out;
}

/// Rounds of which nobody kept what the rule needs.
int64_t rounds_missed(const run_result& result, int64_t period_ms) {
  int64_t count = 0;
  for (const auto& x : result.missed)
    count += (x.end_ms - x.start_ms) / std::max<int64_t>(period_ms, 1) + 1;
  return count;
}

std::vector<std::string> all_warnings(const compiled_rule& rule,
                                      const run_request& request,
                                      const run_result& result,
                                      const series_catalogue& known) {
  std::vector<item_knowledge> items;
  for (const auto& item : items_of(rule.rule))
    items.push_back(known.about(item));
  auto out = warnings_of(rule.rule, items, "the host does not have");
  auto missed = rounds_missed(result, request.period_ms);
  if (out.empty() && missed > 0)
    out.push_back(fmt::format("{} of {} points are of a time when nobody kept its series: kept is "
                              "what rules name and what the keep-list has",
                              missed,
                              result.judged));
  size_t count = result.values.size();
  for (const auto& x : result.instances)
    count += x.values.size();
  if (count * result.parts.size() >= most_tried_values)
    out.push_back(fmt::format(
      "the first {} values of the condition's parts are shown: a shorter range shows all",
      count * result.parts.size()));
  return out;
}

template <class Reply>
void fill(Reply& reply,
          const compiled_rule& rule,
          const std::string& host_id,
          const run_request& request,
          const run_result& result,
          const series_catalogue& known) {
  reply.check_result = rows_of(rule, host_id, request, result);
  reply.points = static_cast<int64_t>(result.judged);
  reply.without_data = points_without_data(result) + rounds_missed(result, request.period_ms);
  reply.series = series_of(rule, known);
  reply.warnings = all_warnings(rule, request, result, known);
}

} // namespace

std::optional<number> number_in(const expr::value& x) {
  switch (x.what()) {
  case expr::kind::boolean:
    return number::of(int64_t{x.boolean()});
  case expr::kind::integer:
    return number::of(x.integer());
  case expr::kind::real:
    return number::of(x.real());
  default:
    return {};
  }
}

std::vector<part_course> courses_of(const run_result& result) {
  std::vector<part_course> out;
  if (!result.values.empty() || result.instances.empty())
    add_courses(result.parts, {}, result.values, out);
  for (const auto& x : result.instances)
    add_courses(result.parts, x.labels, x.values, out);
  return out;
}

std::vector<tested_value> thinned(const course& values, size_t most) {
  std::vector<tested_value> out;
  auto count = std::min(values.size(), most);
  for (size_t i = 0; i < count; ++i) {
    auto at = count == 1 ? values.size() - 1 : i * (values.size() - 1) / (count - 1);
    out.push_back({{values[at].first}, values[at].second});
  }
  return out;
}

std::vector<check_result> rows_of(const compiled_rule& rule,
                                  const std::string& host_id,
                                  const run_request& request,
                                  const run_result& result) {
  std::vector<check_result> out;
  for (const auto& change : changes_of(rule, request, result))
    for (const auto& row : change.rows) {
      check_result x;
      x.host_id = host_id;
      x.data_list = rule.rule.data_list;
      x.start = {row.start_ms};
      x.end = {row.end_ms};
      x.check_item = rule.rule.check_item;
      x.condition = rule.rule.condition;
      x.value = to_string(row.value);
      x.description = rule.rule.description;
      x.severity = rule.rule.severity;
      x.host_group_list = rule.rule.host_group_list;
      x.labels = change.labels;
      x.reason = row.reason;
      out.push_back(std::move(x));
    }
  return out;
}

int64_t points_without_data(const run_result& result) {
  auto of = [&](const auto& found) {
    if (found.whole == result_value::no_data)
      return std::max<int64_t>(static_cast<int64_t>(result.judged), 1);
    return static_cast<int64_t>(
      std::count_if(found.points.begin(), found.points.end(), [](const point_result& x) {
        return x.value == result_value::no_data;
      }));
  };
  auto count = of(result);
  for (const auto& x : result.instances)
    count += of(x);
  return count;
}

rule_tested tested(const compiled_rule& rule,
                   const std::string& host_id,
                   const run_request& request,
                   const run_result& result,
                   const series_catalogue& known) {
  rule_tested reply;
  fill(reply, rule, host_id, request, result, known);
  for (auto& x : courses_of(result)) {
    auto ordered = in_order(x.values);
    reply.parts.push_back(part_of<tested_part>(std::move(x), ordered));
  }
  return reply;
}

condition_evaluated evaluated(const compiled_rule& rule,
                              const std::string& host_id,
                              const run_request& request,
                              const run_result& result,
                              const series_catalogue& known) {
  condition_evaluated reply;
  reply.rule = rule.rule;
  fill(reply, rule, host_id, request, result, known);
  for (auto& x : courses_of(result)) {
    auto ordered = in_order(x.values);
    auto& part = reply.parts.emplace_back(part_of<evaluated_part>(std::move(x), ordered));
    part.text = typed_again(part.text, rule.rule.data_list);
    if (ordered.empty())
      continue;
    part.p50 = quantile(ordered, 0.5);
    part.p95 = quantile(ordered, 0.95);
    part.p99 = quantile(ordered, 0.99);
  }
  return reply;
}

} // namespace aops::check
