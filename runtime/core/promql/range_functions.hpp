#pragma once

#include "runtime/core/promql/run.hpp"

#include <memory>

namespace aops::promql {

/// Where a range function is called.
struct range_call {
  int64_t t_ms = 0;
  int64_t begin_ms = 0, end_ms = 0; ///< The range is (begin, end].
  double parameter = 0;             ///< Of `quantile_over_time` and `predict_linear`.
};

/// A function of the points of one series. Keeps what the next window, which begins and ends no
/// earlier, can use.
class range_function {
public:
  virtual ~range_function() = default;
  virtual std::optional<double> at(const range_call& call, const window& w) = 0;
};

/// Null when there is none of this name.
std::unique_ptr<range_function> make_range_function(std::string_view name);
/// Those that look at each point once, however many windows it is in.
std::unique_ptr<range_function> make_sliding_function(std::string_view name);

/// What `rate`, `increase` and `delta` make of the change between the first and the last point:
/// extended to the ends of the range, where it may be.
std::optional<double> extrapolated(const range_call& call,
                                   std::span<const point> points,
                                   double change,
                                   bool is_counter,
                                   bool is_rate);

} // namespace aops::promql
