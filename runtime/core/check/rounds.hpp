#pragma once

#include "messages/rounds.hpp"
#include "runtime/core/check/align.hpp"
#include "runtime/core/check/kept_series.hpp"
#include "runtime/core/check/run.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace aops::check {

/// A round as the store keeps it: the samples of kept series at one grid time, without the host's
/// own series, which follow from `answered` and `duration_s`.
struct round {
  int64_t time_ms = 0;
  bool answered = true;
  double duration_s = 0;
  std::vector<sample> samples;
  std::string reason = {}; ///< Why it did not answer, where that is known; not stored.
};

/// Raw samples of one series, as a `prometheus` source has them.
struct raw_series {
  uint32_t slot = 0;
  std::vector<point> points; ///< In time order.
};

/// The rounds that a `prometheus` source stands for: at each grid time the nearest sample within
/// one period. A round counts as answered when `up` (slot `kept_series::up`) is there and not 0;
/// without that series, when any sample is there. `scrape_duration_seconds` gives the duration.
std::vector<round> rounds_on_grid(std::span<const raw_series> series,
                                  std::span<const int64_t> grid_times,
                                  int64_t period_ms);

/// Stored rounds of one host, ready for `run_rule` with `time_basis::stored_grid`. Keeps only what
/// the given rules need.
class stored_history {
public:
  /// @param series Which series the slots of stored samples stand for.
  stored_history(std::span<const rule_set::rule_ptr> rules, std::span<const series_entry> series);

  /// Of series that only rules like `seasonal` need, samples before this time are kept as far as
  /// these remember them.
  void thin_before(int64_t t_ms) { thin_before_ms_ = t_ms; }

  /// Some more, of which no sample was added yet.
  void add_series(std::span<const series_entry> series);

  /// In time order.
  void add(const round& r);

  /// Borrows from this until the next `add`. `collected_from_ms` is for the caller to set.
  run_data data_for(const compiled_rule& rule) const;

private:
  struct kept {
    uint32_t slot = 0;
    series_key key;
    std::vector<point> points;
    bool may_be_thin = false;
  };
  int64_t thin_before_ms_ = std::numeric_limits<int64_t>::min();
  std::vector<rule_set::rule_ptr> rules_;
  std::vector<kept> kept_;                     ///< What some rule needs, by slot.
  std::map<series_key, size_t> by_key_;        ///< Into `kept_`.
  std::vector<std::optional<size_t>> by_slot_; ///< Into `kept_`.
  std::vector<round_mark> marks_;
};

} // namespace aops::check
