#include "runtime/core/check/align.hpp"

#include <algorithm>

namespace aops::check {

namespace {

/// Index of the element nearest to `t` in a non-empty range that is ordered by `time_of`; the last
/// one on a tie.
template <class Range, class TimeOf>
size_t nearest(const Range& range, int64_t t, TimeOf time_of) {
  auto after = std::upper_bound(
    range.begin(), range.end(), t, [&](int64_t x, const auto& e) { return x < time_of(e); });
  if (after == range.begin())
    return 0;
  auto before = after - 1; // time <= t; the last of its time
  if (after == range.end() || t - time_of(*before) < time_of(*after) - t)
    return static_cast<size_t>(before - range.begin());
  // Of several samples with the same time the last one counts.
  int64_t chosen = time_of(*after);
  while (after + 1 != range.end() && time_of(*(after + 1)) == chosen)
    ++after;
  return static_cast<size_t>(after - range.begin());
}

constexpr auto itself = [](int64_t t) { return t; };

/// The anchor, or nothing when a series is missing or empty.
const std::vector<int64_t>* anchor_of(const std::vector<std::vector<int64_t>>& times) {
  auto shortest = std::min_element(
    times.begin(), times.end(), [](auto& a, auto& b) { return a.size() < b.size(); });
  return shortest == times.end() || shortest->empty() ? nullptr : &*shortest;
}

} // namespace

alignment align(const std::vector<std::vector<int64_t>>& times,
                int64_t period,
                int64_t end,
                int64_t max_fill) {
  alignment result;
  const auto* anchor = anchor_of(times);
  if (anchor == nullptr)
    return result;
  result.pick.resize(times.size());
  std::vector<size_t> picked(times.size());
  for (int64_t g = anchor->front(); g < end && g <= anchor->back(); g += period) {
    bool filled = true;
    for (size_t i = 0; i < times.size() && filled; ++i) {
      picked[i] = nearest(times[i], g, itself);
      filled = max_fill <= 0 || std::abs(times[i][picked[i]] - g) <= max_fill;
    }
    if (!filled)
      continue;
    result.grid.push_back(g);
    for (size_t i = 0; i < times.size(); ++i)
      result.pick[i].push_back(picked[i]);
  }
  return result;
}

std::vector<log_point> joined_by_time(std::span<const log_point> entries) {
  std::vector<log_point> result;
  result.reserve(entries.size());
  for (const auto& e : entries) {
    if (!result.empty() && result.back().time_ms == e.time_ms)
      result.back().text.append(1, ' ').append(e.text);
    else
      result.push_back(e);
  }
  return result;
}

std::optional<point>
nearest_sample(std::span<const point> points, int64_t t_ms, int64_t period_ms) {
  if (points.empty())
    return {};
  const auto& found = points[nearest(points, t_ms, [](const point& p) { return p.time_ms; })];
  if (std::abs(found.time_ms - t_ms) > period_ms)
    return {};
  return found;
}

} // namespace aops::check
