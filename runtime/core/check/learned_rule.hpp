#pragma once

#include "runtime/core/check/seasonal_model.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <string>

namespace aops::check {

/// What a rule that learns says of a sample. Bounds that are not known are no numbers.
struct learned_view {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();

  double value = 0, expected = none, low = none, high = none;
  std::string reason = {}; ///< Of a program; beside the numbers.

  std::string text() const; ///< `value 93, expected 41 (35 to 47)`, as far as known.
};

/// What a program said of the sample of a time.
struct outside_verdict {
  enum class state : uint8_t { well, abnormal, unknown };

  int64_t time_ms = 0;
  state what = state::unknown;
  double expected = learned_view::none, low = learned_view::none, high = learned_view::none;
  std::string reason = {};
};

/// What a rule that learns knows of the series of a host, by their slots.
struct learned_rule {
  std::map<uint32_t, seasonal_model> models;    ///< Of `seasonal`.
  std::map<uint32_t, outside_verdict> verdicts; ///< The latest of a program.
  std::map<uint32_t, int64_t> shown_ms;         ///< The last sample that the program was shown.
  std::string problem;                          ///< Why the program does not judge; empty: it does.
  /// Of the past each sample has its own verdict; live the one before counts.
  bool is_exact = false;

  /// The model of a series. When there are too many that of the series that is gone longest goes.
  seasonal_model& model(uint32_t slot, size_t most);
  void forget(uint32_t slot);
  size_t memory_bytes() const;
};

/// Models, or verdicts, of a rule on a host, for each instance that it may have: series that come
/// and go are remembered, too.
inline constexpr size_t models_per_instance = 2;

} // namespace aops::check
