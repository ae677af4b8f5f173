#pragma once

#include "runtime/core/promql/matcher.hpp"

#include <memory>
#include <span>

namespace aops::promql {

struct point {
  int64_t time_ms = 0;
  double value = 0;

  friend bool operator==(const point&, const point&) = default;
};

/// The value that says that a series ended.
double stale_marker();
bool is_stale(double value);

/// The points of one series, a piece after the other.
class point_reader {
public:
  virtual ~point_reader() = default;
  /// The next points, in ascending time, stale markers among them; valid until the next call.
  /// Empty at the end.
  virtual std::span<const point> next() = 0;
  /// Whether more may come after an empty piece.
  virtual bool grows() const { return false; }
};

struct series {
  labels metric;
  std::unique_ptr<point_reader> points;
};

/// What a selector asks for.
struct selection {
  const std::vector<matcher>& matchers;
  int64_t after_ms = 0, until_ms = 0; ///< Points in (after, until] suffice.
  size_t most_series = 0;             ///< More are refused, so more need not be made.
  bool newest_only = false;           ///< Of each series its last point suffices.
};

/// Where an engine takes series from. Each label set once.
class source {
public:
  virtual ~source() = default;
  virtual expected<std::vector<series>> select(const selection& wanted) = 0;
};

} // namespace aops::promql
