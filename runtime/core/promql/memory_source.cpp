#include "runtime/core/promql/memory_source.hpp"

#include <algorithm>

namespace aops::promql {

namespace {

class one_piece : public point_reader {
public:
  explicit one_piece(std::span<const point> all) : all_(all) {}
  std::span<const point> next() override { return std::exchange(all_, {}); }

private:
  std::span<const point> all_;
};

bool is_before(const point& p, int64_t time_ms) { return p.time_ms < time_ms; }

} // namespace

void memory_source::add(const labels& metric, point p) {
  auto& points = series_[metric];
  auto at = std::lower_bound(points.begin(), points.end(), p.time_ms, is_before);
  if (at != points.end() && at->time_ms == p.time_ms)
    *at = p;
  else
    points.insert(at, p);
}

expected<std::vector<series>> memory_source::select(const selection& wanted) {
  std::vector<series> out;
  for (const auto& [metric, points] : series_) {
    if (!matches(wanted.matchers, metric))
      continue;
    if (out.size() == wanted.most_series)
      return fail(ec::overloaded, "the query selects more series than it may");
    auto from = std::lower_bound(points.begin(), points.end(), wanted.after_ms + 1, is_before);
    auto to = std::lower_bound(from, points.end(), wanted.until_ms + 1, is_before);
    if (from != to)
      out.push_back({metric, std::make_unique<one_piece>(std::span(from, to))});
  }
  return out;
}

} // namespace aops::promql
