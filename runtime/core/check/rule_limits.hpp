#pragma once

#include "messages/check.hpp"
#include "messages/error.hpp"
#include "runtime/base/config.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace aops::check {

/// What a rule may ask of the past. The language itself has no such limit: these stand where rules
/// come in, because whoever imports a rule decides how much each of his hosts reads and keeps in
/// memory for it.
struct rule_limits {
  int64_t lookback_ms = 0; ///< Of time windows; `#N` counts as N periods.
  int64_t points = 0;      ///< N of `#N`.
  int64_t period_ms = 0;
  bool keeps_samples = true;             ///< Whether rules can record series.
  std::vector<std::string> plugins = {}; ///< Of the configuration.
};

/// Windows may be as long as this even where samples are kept for a shorter time.
inline constexpr int64_t least_lookback_limit_ms = int64_t{24} * 3600 * 1000;

/// Time windows: as long as `samples.keep`, or 24 h if that is more. `#N`: as many periods as fit
/// in there, and at most this many.
inline constexpr int64_t most_window_points = 100'000;

rule_limits limits_of(const base::config& config);

/// `validate`, and whether the rule keeps to the limits. ec::bad_request such as `condition: looks
/// back 87600h, the limit is 168h (samples.keep, at least 24h)`.
expected<void> validate(const check_rule& rule, const rule_limits& limits);

} // namespace aops::check
