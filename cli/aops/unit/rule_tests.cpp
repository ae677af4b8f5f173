#include "cli/aops/unit/rule_tests.hpp"

#include "cli/aops/text/yaml.hpp"
#include "cli/aops/unit/rule_test_file.hpp"
#include "runtime/core/promql/print.hpp"
#include "runtime/core/rulefile/group_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

namespace aops::cli {

namespace {

using promql::duration_text;
using promql::labels;
using texts = std::vector<std::string>;

/// Labels and annotations of an alert, in the order in which they are shown.
using shown_alert = std::pair<labels, labels>;

std::string indented(const std::string& lines, const std::string& by) {
  std::string out;
  for (char c : lines) {
    out += c;
    if (c == '\n')
      out += by;
  }
  return out;
}

std::string listed(const std::vector<shown_alert>& alerts) {
  if (alerts.empty())
    return "[]";
  std::string out = "[";
  for (size_t i = 0; i < alerts.size(); ++i)
    out += fmt::format("{}\n{}:\n  Labels:{}\n  Annotations:{}",
                       i == 0 ? "" : ",",
                       i,
                       promql::to_braces(alerts[i].first),
                       promql::to_braces(alerts[i].second));
  return out + "\n]";
}

/// A number as Go's 'E' format writes it.
std::string exact_text(double x) {
  if (std::isnan(x))
    return "NaN";
  if (std::isinf(x))
    return x > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> text{};
  auto* begin = text.data();
  auto* end = std::to_chars(begin, begin + text.size(), x, std::chars_format::scientific).ptr;
  std::replace(begin, end, 'e', 'E');
  return {begin, end};
}

using shown_sample = std::pair<labels, double>;

std::string listed(const std::vector<shown_sample>& samples) {
  std::string out;
  for (const auto& [metric, value] : samples)
    out += (out.empty() ? "" : ", ") + promql::to_braces(metric) + " " + exact_text(value);
  return samples.empty() ? "nil" : out;
}

/// As Go prints spans of time: `1h0m0s`.
std::string span_text(int64_t ms) {
  if (ms % 1000 != 0)
    return fmt::format("{}s", static_cast<double>(ms) / 1000);
  auto s = ms / 1000;
  if (s >= 3600)
    return fmt::format("{}h{}m{}s", s / 3600, s / 60 % 60, s % 60);
  return s >= 60 ? fmt::format("{}m{}s", s / 60, s % 60) : fmt::format("{}s", s);
}

/// One group of tests with series and rules of its own.
class test_run {
public:
  test_run(const rule_tests& file,
           const rule_test_group& tests,
           const std::vector<rulefile::rule_group>& groups)
      : file_(file),
        tests_(tests), context_{
                         tests.external_labels, tests.external_url, promql::engine_options()} {
    for (const auto& g : groups)
      groups_.push_back(std::make_unique<rulefile::group_run>(g, context_));
    std::stable_sort(groups_.begin(), groups_.end(), [&](auto& a, auto& b) {
      return place_of(a->group().name) < place_of(b->group().name);
    });
  }

  texts run() {
    auto last_ms = tests_.last_ms();
    for (int64_t t = 0; t <= last_ms; t += file_.interval_ms) {
      load_until(t);
      bool failed = false;
      for (auto& g : groups_)
        for (const auto& problem : g->at(data_, t)) {
          failed = true;
          out_.push_back(fmt::format(
            "    rule: {}, time: {}, err: {}", problem.rule, span_text(t), problem.why));
        }
      if (failed)
        return std::move(out_);
      for (const auto& x : tests_.alerts)
        if (t <= x.time_ms && x.time_ms < t + file_.interval_ms)
          compare(x);
    }
    load_until(last_ms);
    for (const auto& x : tests_.expressions)
      compare(x);
    return std::move(out_);
  }

private:
  size_t place_of(const std::string& group) const {
    auto at = std::find(file_.order.begin(), file_.order.end(), group);
    return at == file_.order.end() ? 0 : static_cast<size_t>(at - file_.order.begin());
  }

  /// Series grow as time goes by: rules must not see what comes later.
  void load_until(int64_t t) {
    loaded_.resize(tests_.series.size());
    for (size_t i = 0; i < tests_.series.size(); ++i) {
      const auto& s = tests_.series[i];
      for (auto& n = loaded_[i]; n < s.points.size(); ++n) {
        auto at = static_cast<int64_t>(n) * tests_.interval_ms;
        if (at > t)
          break;
        if (s.points[n].what == promql::noted_point::kind::value)
          data_.add(s.metric, {at, s.points[n].value});
      }
    }
  }

  void compare(const alert_test& x) {
    std::vector<shown_alert> got, wanted = x.alerts;
    for (const auto& g : groups_)
      for (size_t i = 0; i < g->group().rules.size(); ++i) {
        const auto* state = g->alerts(i);
        if (!state || g->group().rules[i].name != x.name)
          continue;
        for (const auto& [alert_labels, alert] : state->alerts())
          if (alert.stage == rulefile::alert_stage::firing)
            got.emplace_back(alert_labels, alert.annotations);
      }
    std::sort(got.begin(), got.end());
    std::sort(wanted.begin(), wanted.end());
    if (got == wanted)
      return;
    const std::string margin(12, ' ');
    out_.push_back(fmt::format("{}    alertname: {}, time: {}, \n        exp:{}, \n        got:{}",
                               tests_.name.empty() ? "" : "    name: " + tests_.name + ",\n",
                               x.name,
                               duration_text(x.time_ms),
                               indented(listed(wanted), margin),
                               indented(listed(got), margin)));
  }

  void compare(const expression_test& x) {
    auto where =
      fmt::format("    expr: {}, time: {},", promql::in_quotes(x.text), duration_text(x.time_ms));
    auto fail_with = [&](const std::string& why) { out_.push_back(where + " err: " + why); };
    if (!x.problem.empty())
      return fail_with(x.problem);
    auto query = promql::query::parse(x.text);
    if (!query)
      return fail_with(query.error().detail);
    auto result = query->at(data_, x.time_ms, context_.options);
    if (!result)
      return fail_with(result.error().detail);
    std::vector<shown_sample> got, wanted = x.samples;
    if (result->type == promql::value_type::scalar)
      got.emplace_back(labels(), result->scalar);
    else if (result->type == promql::value_type::vector)
      for (auto& s : result->vector)
        got.emplace_back(std::move(s.metric), s.value);
    else
      return fail_with("rule result is not a vector or scalar");
    auto by_labels = [](auto& a, auto& b) { return a.first < b.first; };
    std::stable_sort(got.begin(), got.end(), by_labels);
    std::stable_sort(wanted.begin(), wanted.end(), by_labels);
    if (!are_equal(wanted, got))
      out_.push_back(
        fmt::format("{}\n        exp: {}\n        got: {}", where, listed(wanted), listed(got)));
  }

  bool are_equal(const std::vector<shown_sample>& a, const std::vector<shown_sample>& b) const {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](auto& x, auto& y) {
      return x.first == y.first &&
             (x.second == y.second || (file_.is_fuzzy && is_near(x.second, y.second)));
    });
  }
  /// The next number up or down.
  static bool is_near(double x, double y) {
    return std::nextafter(x, y) == y || (std::isnan(x) && std::isnan(y));
  }

  const rule_tests& file_;
  const rule_test_group& tests_;
  rulefile::rule_context context_;
  std::vector<std::unique_ptr<rulefile::group_run>> groups_;
  promql::memory_source data_;
  std::vector<size_t> loaded_; ///< Of each series, points that are in `data_`.
  texts out_;
};

/// The groups of all rule files that the tests name.
expected<std::vector<rulefile::rule_group>> groups_of(const std::string& name,
                                                      const rule_tests& tests,
                                                      const file_reader& read,
                                                      const file_finder& find) {
  std::vector<rulefile::rule_group> out;
  std::set<std::string> seen; // A file that two patterns mean is read once.
  for (const auto& pattern : tests.rule_files) {
    auto path = (std::filesystem::path(name).parent_path() / pattern).string();
    auto files = find(path);
    if (files.empty())
      return fail(ec::bad_request, fmt::format("{}: no file matches {}", name, path));
    for (const auto& file : files) {
      if (!seen.insert(file).second)
        continue;
      auto text = read(file);
      auto content = text ? parse_document(file, *text) : expected<json>(fail(text.error()));
      if (!content)
        return fail(content.error());
      auto groups = rulefile::read_groups(*content);
      if (!groups)
        return fail(ec::bad_request, fmt::format("{}: {}", file, groups.error().detail));
      std::move(groups->begin(), groups->end(), std::back_inserter(out));
    }
  }
  return out;
}

} // namespace

std::vector<std::string> run_rule_tests(const std::string& name,
                                        std::string_view text,
                                        const file_reader& read,
                                        const file_finder& find) {
  auto content = parse_document(name, text);
  auto tests = content ? read_rule_tests(*content) : expected<rule_tests>(fail(content.error()));
  if (!tests)
    return {content ? fmt::format("{}: {}", name, tests.error().detail) : tests.error().detail};
  auto groups = groups_of(name, *tests, read, find);
  if (!groups)
    return {groups.error().detail};
  texts out;
  for (const auto& x : tests->groups)
    for (auto& problem : test_run(*tests, x, *groups).run())
      out.push_back(std::move(problem));
  return out;
}

} // namespace aops::cli
