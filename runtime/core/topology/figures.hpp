#pragma once

#include "runtime/base/threshold_text.hpp"
#include "runtime/core/topology/link.hpp"

#include <optional>
#include <vector>

namespace aops::topology {

/// From when on links are abnormal, and when they are normal again.
struct threshold_rules {
  std::vector<base::threshold> all; ///< At most `base::most_thresholds`.
  /// Share of a bound, 0 to 1, by which a figure has to fall back.
  double hysteresis = 0;
};

/// A figure of a link by its name (`base::link_attributes`); those per second over `period_ms`.
/// Nothing when it is not known.
std::optional<double> value_of(const link_record& x, std::string_view attribute, int64_t period_ms);

/// Which thresholds a link passes, a bit for each. A figure that is not known passes none.
/// @param before Those it passed so far: they are kept until the figure has fallen back.
uint32_t
passed(const threshold_rules& rules, const link_record& x, int64_t period_ms, uint32_t before);

/// Whether such a threshold is passed on its upper side.
constexpr bool is_upper(base::comparison x) {
  return x == base::comparison::above || x == base::comparison::at_least;
}

} // namespace aops::topology
