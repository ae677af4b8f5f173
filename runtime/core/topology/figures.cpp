#include "runtime/core/topology/figures.hpp"

#include <algorithm>
#include <cmath>

namespace aops::topology {

namespace {

std::optional<double> told_figure(const link_record& x, std::string_view name) {
  auto it = std::find(figure_names.begin(), figure_names.end(), name);
  if (it == figure_names.end())
    return std::nullopt;
  auto value = x.figures[static_cast<size_t>(it - figure_names.begin())];
  return value == not_told ? std::nullopt : std::optional{static_cast<double>(value)};
}

bool holds(base::comparison how, double value, double bound) {
  switch (how) {
  case base::comparison::above:
    return value > bound;
  case base::comparison::at_least:
    return value >= bound;
  case base::comparison::below:
    return value < bound;
  case base::comparison::at_most:
    return value <= bound;
  }
  return false;
}

} // namespace

std::optional<double>
value_of(const link_record& x, std::string_view attribute, int64_t period_ms) {
  if (attribute == "link_count")
    return static_cast<double>(x.count);
  if (attribute == "retran_share") {
    auto again = told_figure(x, "retran_packets"), all = told_figure(x, "packets_out");
    return again && all && *all > 0 ? std::optional{*again / *all} : std::nullopt;
  }
  constexpr std::string_view per_second = "_per_s";
  if (!attribute.ends_with(per_second))
    return told_figure(x, attribute);
  auto value = told_figure(x, attribute.substr(0, attribute.size() - per_second.size()));
  if (!value || period_ms <= 0)
    return std::nullopt;
  return *value * 1000 / static_cast<double>(period_ms);
}

uint32_t
passed(const threshold_rules& rules, const link_record& x, int64_t period_ms, uint32_t before) {
  uint32_t out = 0;
  for (size_t i = 0; i < rules.all.size() && i < base::most_thresholds; ++i) {
    const auto& t = rules.all[i];
    auto value = value_of(x, t.attribute, period_ms);
    if (!value)
      continue;
    auto bit = uint32_t{1} << i;
    auto back = rules.hysteresis * std::abs(t.bound);
    auto bound = (before & bit) == 0 ? t.bound : is_upper(t.how) ? t.bound - back : t.bound + back;
    if (holds(t.how, *value, bound))
      out |= bit;
  }
  return out;
}

} // namespace aops::topology
