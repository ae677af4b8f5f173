#include "runtime/core/check/rule_limits.hpp"

#include "runtime/base/units.hpp"
#include "runtime/core/check/query_plan.hpp"
#include "runtime/core/check/rule_set.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace aops::check {

namespace {

/// `168h`, `90m`, `1.5s`: the largest unit that leaves nothing over.
std::string spelled(int64_t ms) {
  if (ms % 3'600'000 == 0)
    return fmt::format("{}h", ms / 3'600'000);
  if (ms % 60'000 == 0)
    return fmt::format("{}m", ms / 60'000);
  return fmt::format("{}s", static_cast<double>(ms) / 1000);
}

} // namespace

rule_limits limits_of(const base::config& config) {
  rule_limits x;
  x.period_ms = config.check.sample_period.ms;
  x.lookback_ms = std::max(config.samples.keep.ms, least_lookback_limit_ms);
  x.keeps_samples = config.samples.source == "scrape";
  x.points = std::min(most_window_points, x.lookback_ms / x.period_ms);
  for (const auto& plugin : config.plugins)
    x.plugins.push_back(plugin.name);
  return x;
}

expected<void> validate(const check_rule& rule, const rule_limits& limits) {
  bool is_outside = !is_query(rule) && !is_expression_rule(rule) && rule.plugin != seasonal_plugin;
  if (is_outside &&
      std::find(limits.plugins.begin(), limits.plugins.end(), rule.plugin) == limits.plugins.end())
    return fail(ec::bad_request,
                fmt::format("plugin: unknown plug-in '{}'; there are promql, seasonal{}{}",
                            rule.plugin,
                            limits.plugins.empty() ? "" : ", ",
                            fmt::join(limits.plugins, ", ")));
  if (auto fine = validate(rule); !fine)
    return fine;
  if (rule.plugin == seasonal_plugin) {
    if (auto terms = read_seasonal(rule.condition);
        terms && terms->lookback_ms() > limits.lookback_ms)
      return fail(
        ec::bad_request,
        fmt::format("condition: looks back {}, the limit is {} (samples.keep, at least 24h)",
                    spelled(terms->lookback_ms()),
                    spelled(limits.lookback_ms)));
  }
  if (!rule.record.empty() && !limits.keeps_samples)
    return fail(ec::bad_request,
                "record: nothing is stored of what a Prometheus keeps (samples.source)");
  if (is_query(rule)) {
    if (auto plan = plan_query(rule.condition); plan && plan->lookback_ms > limits.lookback_ms)
      return fail(
        ec::bad_request,
        fmt::format("condition: looks back {}, the limit is {} (samples.keep, at least 24h)",
                    spelled(plan->lookback_ms),
                    spelled(limits.lookback_ms)));
  }
  for (auto [field, condition] :
       {std::pair("condition", &rule.condition), std::pair("recover", &rule.recover)}) {
    if (condition->empty() || !is_expression_rule(rule))
      continue;
    auto program = expr::program::compile(*condition, rule.data_list);
    if (!program)
      return fail(program.error());
    if (auto back = (*program)->lookback_ms(); back > limits.lookback_ms)
      return fail(ec::bad_request,
                  fmt::format("{}: looks back {}, the limit is {} (samples.keep, at least 24h)",
                              field,
                              spelled(back),
                              spelled(limits.lookback_ms)));
    if (int64_t points = (*program)->lookback_points(); points > limits.points)
      return fail(ec::bad_request,
                  fmt::format("{}: looks back #{}, the limit is #{} ({} at one sample in {})",
                              field,
                              points,
                              limits.points,
                              spelled(limits.points * limits.period_ms),
                              spelled(limits.period_ms)));
  }
  for (auto [field, text] :
       {std::pair("for", &rule.for_), std::pair("keep_firing_for", &rule.keep_firing_for)}) {
    if (text->empty())
      continue;
    auto length = base::parse_duration(*text);
    if (length && length->ms > limits.lookback_ms)
      return fail(ec::bad_request,
                  fmt::format("{}: {}, the limit is {} (samples.keep, at least 24h)",
                              field,
                              spelled(length->ms),
                              spelled(limits.lookback_ms)));
  }
  return {};
}

} // namespace aops::check
