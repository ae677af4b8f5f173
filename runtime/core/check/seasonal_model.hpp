#pragma once

#include "runtime/core/check/plugin_terms.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace aops::check {

/// What a series usually is at some hour of the week.
struct seasonal_baseline {
  double expected = 0;  ///< The median.
  double deviation = 0; ///< The median distance from it, scaled to that of a normal distribution.
};

/// What a `seasonal` rule says of a sample.
struct seasonal_view {
  double value = 0, expected = 0, low = 0, high = 0;
  bool is_abnormal = false;
};

/// How a series was in the same hour of the seasons before. An hour is remembered by the first
/// sample of each ten minutes; so memory is bounded, and samples may come in any order: what is
/// known depends on which were there. Hours are those of UTC.
class seasonal_model {
public:
  static constexpr int64_t hour_ms = 3600 * 1000, slot_ms = 600 * 1000;
  static constexpr size_t slots = hour_ms / slot_ms;
  /// Fewer samples of an hour say nothing of it.
  static constexpr size_t least_of_hour = 3;

  /// A sample, and how far back anything will be asked for. What is no number is left out.
  void learn(int64_t t_ms, double value, int64_t lookback_ms);

  /// What is to be expected at a time, from the same hour of earlier seasons. Nothing while there
  /// are fewer than `min_cycles` of them.
  std::optional<seasonal_baseline> baseline(int64_t t_ms, const seasonal_terms& terms) const;

  /// The same, kept for as long as the hour lasts.
  std::optional<seasonal_view> judge(int64_t t_ms, double value, const seasonal_terms& terms);

  int64_t last_ms() const { return last_ms_; } ///< Of the samples.
  size_t memory_bytes() const;
  /// Bytes of one series: each hour of the look-back once.
  static size_t most_bytes(const seasonal_terms& terms);

private:
  struct kept_hour {
    std::array<double, slots> values{};
    std::array<int32_t, slots> at_ms{}; ///< After the hour's begin; negative: none.
  };
  kept_hour* hour_of(int64_t index, int64_t lookback_ms);

  int64_t first_ = 0; ///< Index of the first hour, counted since 1970.
  std::deque<kept_hour> hours_;
  int64_t last_ms_ = 0;
  /// Of the hour that was asked about last. What was learned of earlier hours since then makes it
  /// void.
  std::optional<int64_t> known_hour_;
  std::optional<seasonal_baseline> known_;
};

/// Of an even number the lower one's and the upper one's middle. @param values Not empty; changes
/// their order.
double median_of(std::vector<double>& values);

} // namespace aops::check
