// Functions of one window that have to look at all of it.
#include "runtime/core/promql/range_functions.hpp"

#include "runtime/core/promql/arithmetic.hpp"

#include <cmath>
#include <limits>
#include <unordered_map>

namespace aops::promql {

namespace {

using points = std::span<const point>;
using answer = std::optional<double>;
using plain_function = answer (*)(const range_call&, points);

constexpr double unknown_value = std::numeric_limits<double>::quiet_NaN();

double seconds(int64_t ms) { return static_cast<double>(ms) / 1000; }

answer average(const range_call&, points x) {
  careful_mean mean;
  for (const auto& p : x)
    mean.add(p.value);
  return mean.value();
}

answer total(const range_call&, points x) {
  careful_sum sum;
  for (const auto& p : x)
    sum.add(p.value);
  return std::isinf(sum.sum()) ? sum.sum() : sum.total();
}

double variance(points x) {
  double count = 0;
  careful_sum mean, squares;
  for (const auto& p : x) {
    count += 1;
    double distance = p.value - mean.total();
    mean.add(distance / count);
    squares.add(distance * (p.value - mean.total()));
  }
  return squares.total() / count;
}

answer quantile_of(const range_call& call, points x) {
  std::vector<double> values;
  for (const auto& p : x)
    values.push_back(p.value);
  return quantile(call.parameter, values);
}

answer between_last(points x, bool is_rate) {
  if (x.size() < 2)
    return std::nullopt;
  const auto &before = x[x.size() - 2], &last = x.back();
  if (last.time_ms == before.time_ms)
    return std::nullopt;
  if (!is_rate)
    return last.value - before.value;
  // A counter that fell began anew at 0.
  double change = last.value < before.value ? last.value : last.value - before.value;
  return change / seconds(last.time_ms - before.time_ms);
}

struct line {
  double slope = 0, intercept = 0; ///< Per second; at the time asked for.
};

/// Least squares.
line regression(points x, int64_t at_ms) {
  bool constant = true;
  double n = static_cast<double>(x.size());
  careful_sum sum_x, sum_y, sum_xy, sum_xx;
  for (const auto& p : x) {
    constant = constant && p.value == x[0].value;
    double t = seconds(p.time_ms - at_ms);
    sum_x.add(t);
    sum_y.add(p.value);
    sum_xy.add(t * p.value);
    sum_xx.add(t * t);
  }
  if (constant)
    return std::isinf(x[0].value) ? line{unknown_value, unknown_value} : line{0, x[0].value};
  double sx = sum_x.total(), sy = sum_y.total();
  double slope = (sum_xy.total() - sx * sy / n) / (sum_xx.total() - sx * sx / n);
  return {slope, sy / n - slope * sx / n};
}

answer derivative(const range_call&, points x) {
  // From the first point on: times since 1970 would cost digits.
  return x.size() < 2 ? answer() : regression(x, x[0].time_ms).slope;
}

answer prediction(const range_call& call, points x) {
  if (x.size() < 2)
    return std::nullopt;
  auto found = regression(x, call.t_ms);
  return found.slope * call.parameter + found.intercept;
}

answer delta(const range_call& call, points x) {
  return x.size() < 2 ? answer() : extrapolated(call, x, x.back().value - x[0].value, false, false);
}

plain_function plain(std::string_view name) {
  static const std::unordered_map<std::string_view, plain_function> all = {
    {"avg_over_time", average},
    {"sum_over_time", total},
    {"count_over_time",
     [](const range_call&, points x) { return answer(static_cast<double>(x.size())); }},
    {"last_over_time", [](const range_call&, points x) { return answer(x.back().value); }},
    {"present_over_time", [](const range_call&, points) { return answer(1); }},
    {"stdvar_over_time", [](const range_call&, points x) { return answer(variance(x)); }},
    {"stddev_over_time",
     [](const range_call&, points x) { return answer(std::sqrt(variance(x))); }},
    {"quantile_over_time", quantile_of},
    {"delta", delta},
    {"idelta", [](const range_call&, points x) { return between_last(x, false); }},
    {"irate", [](const range_call&, points x) { return between_last(x, true); }},
    {"deriv", derivative},
    {"predict_linear", prediction},
  };
  auto found = all.find(name);
  return found == all.end() ? nullptr : found->second;
}

class over_all : public range_function {
public:
  explicit over_all(plain_function f) : f_(f) {}
  answer at(const range_call& call, const window& w) override { return f_(call, w.points); }

private:
  plain_function f_;
};

} // namespace

std::optional<double> extrapolated(
  const range_call& call, std::span<const point> x, double change, bool is_counter, bool is_rate) {
  double to_start = seconds(x.front().time_ms - call.begin_ms);
  double to_end = seconds(call.end_ms - x.back().time_ms);
  double sampled = seconds(x.back().time_ms - x.front().time_ms);
  double between = sampled / static_cast<double>(x.size() - 1);
  // Where a point is missing at an end, the series is taken to begin or end half an interval away.
  double most = between * 1.1;
  if (to_start >= most)
    to_start = between / 2;
  if (is_counter && change > 0 && x.front().value >= 0)
    to_start = std::min(to_start, sampled * (x.front().value / change)); // Not below zero.
  if (to_end >= most)
    to_end = between / 2;
  double factor = (sampled + to_start + to_end) / sampled;
  if (is_rate)
    factor /= seconds(call.end_ms - call.begin_ms);
  return change * factor;
}

std::unique_ptr<range_function> make_range_function(std::string_view name) {
  if (auto f = make_sliding_function(name))
    return f;
  if (auto f = plain(name))
    return std::make_unique<over_all>(f);
  return nullptr;
}

} // namespace aops::promql
