#include "runtime/core/rulefile/group_run.hpp"

#include <fmt/format.h>

namespace aops::rulefile {

namespace {

constexpr std::string_view alert_name = "alertname";

/// The series of an alert that rules and dashboards read.
promql::labels series_of(const rule& r, const promql::labels& alert, std::string_view name) {
  promql::labels out;
  for (const auto& x : r.labels)
    promql::set_label(out, x.name, x.text);
  for (const auto& [label, value] : alert)
    promql::set_label(out, label, value);
  promql::set_label(out, promql::metric_name, name);
  promql::set_label(out, alert_name, r.name);
  return out;
}

std::optional<error> over_limit(const rule_group& group, size_t count, std::string_view what) {
  if (group.limit == 0 || count <= group.limit)
    return std::nullopt;
  return error{ec::bad_request,
               fmt::format("exceeded limit of {} with {} {}", group.limit, count, what)};
}

} // namespace

group_run::group_run(const rule_group& group, const rule_context& context)
    : group_(group), context_(context), rules_(group.rules.size()) {
  for (size_t i = 0; i < rules_.size(); ++i)
    if (const auto& r = group.rules[i]; r.is_alert)
      rules_[i].state.emplace(r.for_ms, r.keep_firing_ms);
}

std::vector<rule_problem> group_run::at(promql::memory_source& data, int64_t t_ms) {
  std::vector<rule_problem> out;
  const auto seen_ms = t_ms - group_.offset_ms; // Series are read there, and written.
  for (size_t i = 0; i < rules_.size(); ++i) {
    auto found = evaluate(i, data, t_ms);
    if (!found) {
      out.push_back({group_.rules[i].name, found.error().detail});
      continue;
    }
    std::set<promql::labels> wrote;
    for (const auto& s : *found) {
      data.add(s.metric, {seen_ms, s.value});
      wrote.insert(s.metric);
    }
    for (const auto& metric : rules_[i].wrote)
      if (!wrote.contains(metric))
        data.add(metric, {seen_ms, promql::stale_marker()});
    rules_[i].wrote = std::move(wrote);
  }
  return out;
}

expected<group_run::vector>
group_run::evaluate(size_t i, promql::memory_source& data, int64_t t_ms) {
  const auto& r = group_.rules[i];
  auto result = r.query.at(data, t_ms - group_.offset_ms, context_.options);
  if (!result)
    return fail(result.error());
  if (result->type == promql::value_type::scalar)
    result->vector = {{{}, result->scalar}};
  return r.is_alert ? raise(r, *rules_[i].state, result->vector, t_ms)
                    : record(r, std::move(result->vector));
}

expected<group_run::vector> group_run::record(const rule& r, vector found) const {
  std::set<promql::labels> seen;
  for (auto& s : found) {
    promql::set_label(s.metric, promql::metric_name, r.name);
    for (const auto& x : r.labels)
      promql::set_label(s.metric, x.name, x.text);
    if (!seen.insert(s.metric).second)
      return fail(ec::bad_request,
                  "vector contains metrics with the same labelset after applying rule labels");
  }
  if (auto problem = over_limit(group_, found.size(), "series"))
    return fail(*problem);
  return found;
}

std::string group_run::expanded(const named_text& x, const template_data& data) const {
  auto text = x.made.expand(data);
  return text ? *text : fmt::format("<error expanding template: {}>", text.error().detail);
}

expected<group_run::vector>
group_run::raise(const rule& r, alert_state& state, const vector& found, int64_t t_ms) const {
  std::vector<alert_element> elements;
  std::set<promql::labels> seen;
  for (const auto& s : found) {
    template_data data{
      {s.metric.begin(), s.metric.end()}, s.value, context_.external_labels, context_.external_url};
    alert_element x{s.metric, {}, s.value};
    promql::set_label(x.labels, promql::metric_name, "");
    for (const auto& label : r.labels)
      promql::set_label(x.labels, label.name, expanded(label, data));
    promql::set_label(x.labels, alert_name, r.name);
    for (const auto& a : r.annotations)
      x.annotations.emplace_back(a.name, expanded(a, data));
    if (!seen.insert(x.labels).second)
      return fail(ec::bad_request,
                  "vector contains metrics with the same labelset after applying alert labels");
    elements.push_back(std::move(x));
  }
  state.at(t_ms, std::move(elements));
  vector out;
  size_t active = 0;
  for (const auto& [labels, a] : state.alerts()) {
    if (a.stage == alert_stage::over)
      continue;
    ++active;
    auto series = series_of(r, labels, "ALERTS");
    promql::set_label(series, "alertstate", a.stage == alert_stage::firing ? "firing" : "pending");
    out.push_back({std::move(series), 1});
    out.push_back(
      {series_of(r, labels, "ALERTS_FOR_STATE"),
       static_cast<double>(a.active_ms >= 0 ? a.active_ms / 1000 : -((999 - a.active_ms) / 1000))});
  }
  if (auto problem = over_limit(group_, active, "alerts")) {
    state.clear();
    return fail(*problem);
  }
  return out;
}

} // namespace aops::rulefile
