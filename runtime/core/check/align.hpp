#pragma once

#include "messages/sample.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace aops::check {

/// A sample of a `kpi` item.
struct point {
  int64_t time_ms = 0;
  number value; ///< `expr::unreadable_sample` where the text was no number.
  friend bool operator==(const point&, const point&) = default;
};

/// An entry of a `log` item.
struct log_point {
  int64_t time_ms = 0;
  std::string text;
  friend bool operator==(const log_point&, const log_point&) = default;
};

/// Series on a common grid: `pick[i][k]` is the index of the sample of series i that stands at
/// `grid[k]`. An empty grid means no data.
struct alignment {
  std::vector<int64_t> grid;
  std::vector<std::vector<size_t>> pick;
};

/// Puts the series of a KPI rule on one grid. Anchor is the series with the fewest points, on a tie
/// the first; the grid starts at its first time and goes by `period` while < `end` and <= its last
/// time; each series gives its sample nearest to a grid time, the later one on a tie. See
/// docs/reference/checks.md#alignment.
/// @param times The times of each series, ascending; any unit, the same for all arguments.
/// @param max_fill > 0: grid times for which some series has no sample within so much are dropped.
alignment align(const std::vector<std::vector<int64_t>>& times,
                int64_t period,
                int64_t end,
                int64_t max_fill = 0);

/// Joins neighbouring entries of the same time into one, texts separated by one blank. See
/// docs/reference/checks.md#log-rules.
std::vector<log_point> joined_by_time(std::span<const log_point> entries);

/// The sample nearest to `t_ms` if it is at most one period away, the later one on a tie: what live
/// evaluation on the `prometheus` source reads at a grid time. @param points In time order.
std::optional<point> nearest_sample(std::span<const point> points, int64_t t_ms, int64_t period_ms);

} // namespace aops::check
