#pragma once

#include "messages/error.hpp"
#include "runtime/core/promql/labels.hpp"

#include <optional>
#include <vector>

namespace aops::promql {

/// A point as test scripts and rule tests write it.
struct noted_point {
  enum class kind : uint8_t { omitted, value, histogram } what = kind::omitted;
  double value = 0; ///< The stale marker for `stale`.
};

struct noted_series {
  labels metric;
  std::vector<noted_point> points;
};

/// Reads `name{a="b"} 1 2+3x4 _x2 stale`. A native histogram `{{…}}` is read over.
/// `ec::bad_request` says what does not read; `most_points` bounds what `x` may make.
expected<noted_series> parse_series(std::string_view line, size_t most_points = 1'000'000);
expected<std::vector<noted_point>> parse_points(std::string_view text,
                                                size_t most_points = 1'000'000);

} // namespace aops::promql
