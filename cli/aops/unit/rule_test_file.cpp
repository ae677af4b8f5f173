#include "cli/aops/unit/rule_test_file.hpp"

#include "runtime/base/near_name.hpp"
#include "runtime/core/promql/lexer.hpp"
#include "runtime/core/promql/parser.hpp"
#include "runtime/core/rulefile/rule_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace aops::cli {

namespace {

constexpr int64_t most_evaluations = 1'000'000;
constexpr size_t most_points = 10'000'000;

/// Reads a part of the file; what is wrong stands in `problem`, with its place.
class part_reader {
public:
  part_reader(const json& source, std::string where, std::string& problem)
      : source_(source), where_(std::move(where)), problem_(problem) {}

  void allow(std::initializer_list<std::string_view> known) {
    if (!source_.is_object())
      return refuse("is no mapping");
    std::span<const std::string_view> names(known.begin(), known.size());
    for (const auto& [name, value] : source_.items())
      if (std::find(known.begin(), known.end(), name) == known.end())
        return refuse(fmt::format("unknown field \"{}\"{}", name, base::did_you_mean(name, names)));
  }

  std::string text(const char* name) {
    const auto& x = member(source_, name);
    if (x.is_null())
      return {};
    if (!x.is_primitive())
      return refuse(fmt::format("{} is no text", name)), std::string();
    return x.is_string() ? x.get<std::string>() : x.dump();
  }

  int64_t duration(const char* name, int64_t fallback) {
    const auto& x = member(source_, name);
    if (x.is_null())
      return fallback;
    auto ms = rulefile::duration_of(x);
    if (ms < 0)
      refuse(
        fmt::format("{}: no duration: {}", name, x.is_string() ? x.get<std::string>() : x.dump()));
    return ms;
  }

  std::map<std::string, std::string> mapping(const char* name) {
    std::map<std::string, std::string> out;
    const auto& x = member(source_, name);
    if (!x.is_null() && !x.is_object())
      refuse(fmt::format("{} is no mapping", name));
    if (x.is_object())
      for (const auto& [key, value] : x.items())
        out[key] = value.is_string() ? value.get<std::string>()
                   : value.is_null() ? ""
                                     : value.dump();
    return out;
  }

  /// Calls `read(part_reader)` for each element.
  template <class Read>
  void each(const char* name, Read read) {
    const auto& x = member(source_, name);
    if (!x.is_null() && !x.is_array())
      refuse(fmt::format("{} is no list", name));
    size_t n = 0;
    if (x.is_array())
      for (const auto& element : x) {
        if (!problem_.empty())
          return;
        read(part_reader(element,
                         fmt::format("{}{}[{}]", where_.empty() ? "" : where_ + ".", name, n++),
                         problem_));
      }
  }

  const json& source() const { return source_; }
  void refuse(const std::string& why) {
    if (problem_.empty())
      problem_ = where_.empty() ? why : where_ + ": " + why;
  }

private:
  const json& source_;
  std::string where_;
  std::string& problem_;
};

/// A number as YAML writes it: `.inf` and `.nan` too.
bool number_of(std::string text, double& out) {
  for (std::string_view sign : {"", "-", "+"})
    if (text.starts_with(std::string(sign) + ".") && text.size() > sign.size() + 1 &&
        (text[sign.size() + 1] < '0' || text[sign.size() + 1] > '9'))
      text.erase(sign.size(), 1);
  return promql::parse_number(text, out);
}

/// As they are written: a label that is empty is there, and nothing equals it.
promql::labels labels_of(const std::map<std::string, std::string>& from) {
  return {from.begin(), from.end()};
}

alert_test read_alert(part_reader in) {
  alert_test out;
  in.allow({"eval_time", "alertname", "exp_alerts"});
  out.time_ms = in.duration("eval_time", 0);
  out.name = in.text("alertname");
  if (out.name.empty())
    in.refuse("an item under alert_rule_test misses required attribute alertname");
  in.each("exp_alerts", [&](part_reader alert) {
    alert.allow({"exp_labels", "exp_annotations"});
    auto labels = alert.mapping("exp_labels");
    labels["alertname"] = out.name;
    out.alerts.emplace_back(labels_of(labels), labels_of(alert.mapping("exp_annotations")));
  });
  return out;
}

expression_test read_expression(part_reader in) {
  expression_test out;
  in.allow({"expr", "eval_time", "exp_samples"});
  out.text = in.text("expr");
  out.time_ms = in.duration("eval_time", 0);
  in.each("exp_samples", [&](part_reader sample) {
    sample.allow({"labels", "value", "histogram"});
    if (sample.source().contains("histogram"))
      return sample.refuse("not supported: native histograms");
    auto text = sample.text("labels"), value = sample.text("value");
    auto metric = promql::parse_metric(text);
    double number = 0;
    if (!value.empty() && !number_of(value, number))
      return sample.refuse("value is no number: " + value);
    if (metric)
      out.samples.emplace_back(std::move(*metric), number);
    else if (out.problem.empty())
      out.problem = fmt::format("labels {}: {}", promql::in_quotes(text), metric.error().detail);
  });
  return out;
}

rule_test_group read_group(part_reader in, int64_t interval_ms) {
  rule_test_group out;
  in.allow({"name",
            "interval",
            "input_series",
            "alert_rule_test",
            "promql_expr_test",
            "external_labels",
            "external_url"});
  out.name = in.text("name");
  out.interval_ms = in.duration("interval", 0);
  if (out.interval_ms == 0)
    out.interval_ms = interval_ms;
  out.external_labels = in.mapping("external_labels");
  out.external_url = in.text("external_url");
  size_t points = 0;
  in.each("input_series", [&](part_reader series) {
    series.allow({"series", "values"});
    auto read = promql::parse_series(series.text("series") + " " + series.text("values"));
    if (!read)
      return series.refuse(read.error().detail);
    points += read->points.size();
    if (points > most_points)
      return series.refuse(fmt::format("there are more than {} points", most_points));
    for (const auto& p : read->points)
      if (p.what == promql::noted_point::kind::histogram)
        return series.refuse("not supported: native histograms");
    out.series.push_back(std::move(*read));
  });
  in.each("alert_rule_test",
          [&](part_reader x) { out.alerts.push_back(read_alert(std::move(x))); });
  in.each("promql_expr_test",
          [&](part_reader x) { out.expressions.push_back(read_expression(std::move(x))); });
  std::stable_sort(
    out.alerts.begin(), out.alerts.end(), [](auto& a, auto& b) { return a.time_ms < b.time_ms; });
  if (out.last_ms() / interval_ms > most_evaluations)
    in.refuse(fmt::format("rules would be evaluated more than {} times", most_evaluations));
  return out;
}

} // namespace

int64_t rule_test_group::last_ms() const {
  int64_t out = 0;
  for (const auto& x : alerts)
    out = std::max(out, x.time_ms);
  for (const auto& x : expressions)
    out = std::max(out, x.time_ms);
  return out;
}

expected<rule_tests> read_rule_tests(const json& content) {
  rule_tests out;
  std::string problem;
  part_reader in(content, "", problem);
  in.allow({"rule_files", "evaluation_interval", "group_eval_order", "fuzzy_compare", "tests"});
  out.interval_ms = in.duration("evaluation_interval", 0);
  if (out.interval_ms == 0)
    out.interval_ms = 60'000;
  auto take = [](std::vector<std::string>& to) {
    return [&to](part_reader x) {
      if (x.source().is_string())
        to.push_back(x.source().get<std::string>());
      else
        x.refuse("is no text");
    };
  };
  in.each("rule_files", take(out.rule_files));
  in.each("group_eval_order", take(out.order));
  for (size_t i = 0; i < out.order.size(); ++i)
    if (std::find(out.order.begin(), out.order.begin() + static_cast<ptrdiff_t>(i), out.order[i]) !=
        out.order.begin() + static_cast<ptrdiff_t>(i))
      in.refuse("group name repeated in evaluation order: " + out.order[i]);
  out.is_fuzzy = member(content, "fuzzy_compare") == true;
  in.each("tests",
          [&](part_reader x) { out.groups.push_back(read_group(std::move(x), out.interval_ms)); });
  if (!problem.empty())
    return fail(ec::bad_request, problem);
  return out;
}

} // namespace aops::cli
