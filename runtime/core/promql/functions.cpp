#include "runtime/core/promql/functions.hpp"

#include <algorithm>
#include <array>

namespace aops::promql {

namespace {

constexpr auto scalar = value_type::scalar;

/// By name.
constexpr std::array functions = {
  function{"abs", "v"},
  function{"absent", "v"},
  function{"absent_over_time", "m"},
  function{"acos", "v"},
  function{"acosh", "v"},
  function{"asin", "v"},
  function{"asinh", "v"},
  function{"atan", "v"},
  function{"atanh", "v"},
  function{"avg_over_time", "m"},
  function{"ceil", "v"},
  function{"changes", "m"},
  function{"clamp", "vss"},
  function{"clamp_max", "vs"},
  function{"clamp_min", "vs"},
  function{"cos", "v"},
  function{"cosh", "v"},
  function{"count_over_time", "m"},
  function{"day_of_month", "v", 1},
  function{"day_of_week", "v", 1},
  function{"day_of_year", "v", 1},
  function{"days_in_month", "v", 1},
  function{"deg", "v"},
  function{"delta", "m"},
  function{"deriv", "m"},
  function{"exp", "v"},
  function{"floor", "v"},
  function{"histogram_avg", "v"},
  function{"histogram_count", "v"},
  function{"histogram_fraction", "ssv"},
  function{"histogram_quantile", "sv"},
  function{"histogram_stddev", "v"},
  function{"histogram_stdvar", "v"},
  function{"histogram_sum", "v"},
  function{"hour", "v", 1},
  function{"idelta", "m"},
  function{"increase", "m"},
  function{"irate", "m"},
  function{"label_join", "vttt", -1},
  function{"label_replace", "vtttt"},
  function{"last_over_time", "m"},
  function{"ln", "v"},
  function{"log10", "v"},
  function{"log2", "v"},
  function{"max_over_time", "m"},
  function{"min_over_time", "m"},
  function{"minute", "v", 1},
  function{"month", "v", 1},
  function{"pi", "", 0, scalar},
  function{"predict_linear", "ms"},
  function{"present_over_time", "m"},
  function{"quantile_over_time", "sm"},
  function{"rad", "v"},
  function{"rate", "m"},
  function{"resets", "m"},
  function{"round", "vs", 1},
  function{"scalar", "v", 0, scalar},
  function{"sgn", "v"},
  function{"sin", "v"},
  function{"sinh", "v"},
  function{"sort", "v"},
  function{"sort_desc", "v"},
  function{"sqrt", "v"},
  function{"stddev_over_time", "m"},
  function{"stdvar_over_time", "m"},
  function{"sum_over_time", "m"},
  function{"tan", "v"},
  function{"tanh", "v"},
  function{"time", "", 0, scalar},
  function{"timestamp", "v"},
  function{"vector", "s"},
  function{"year", "v", 1},
};
static_assert(std::is_sorted(functions.begin(), functions.end(), [](auto& a, auto& b) {
  return a.name < b.name;
}));

constexpr std::array<std::string_view, 18> experimental = {"double_exponential_smoothing",
                                                           "end",
                                                           "first_over_time",
                                                           "histogram_quantiles",
                                                           "info",
                                                           "integral",
                                                           "mad_over_time",
                                                           "max_of",
                                                           "min_of",
                                                           "range",
                                                           "sort_by_label",
                                                           "sort_by_label_desc",
                                                           "start",
                                                           "step",
                                                           "ts_of_first_over_time",
                                                           "ts_of_last_over_time",
                                                           "ts_of_max_over_time",
                                                           "ts_of_min_over_time"};

} // namespace

const function* find_function(std::string_view name) {
  auto at = std::lower_bound(
    functions.begin(), functions.end(), name, [](const auto& f, auto n) { return f.name < n; });
  return at != functions.end() && at->name == name ? &*at : nullptr;
}

bool is_experimental(std::string_view name) {
  return std::find(experimental.begin(), experimental.end(), name) != experimental.end();
}

} // namespace aops::promql
