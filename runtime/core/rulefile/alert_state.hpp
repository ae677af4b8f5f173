#pragma once

#include "runtime/core/promql/labels.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace aops::rulefile {

/// What became of an alert: its condition holds, but not long enough; it fires; it is over.
enum class alert_stage : uint8_t { pending, firing, over };

struct alert {
  promql::labels annotations;
  double value = 0;
  alert_stage stage = alert_stage::pending;
  int64_t active_ms = 0; ///< Since when its condition holds.
  std::optional<int64_t> fired_ms, over_ms;
  std::optional<int64_t> kept_from_ms; ///< It fires although its condition does not hold, since.
};

/// An element of the vector that an alerting rule came to.
struct alert_element {
  promql::labels labels; ///< Of the alert.
  promql::labels annotations;
  double value = 0;
};

/// The alerts of one rule, from one time to the next. One whose condition holds for `for_ms` fires;
/// one that fires goes on for `keep_ms` after its condition did; else it is over at once.
class alert_state {
public:
  alert_state(int64_t for_ms, int64_t keep_ms) : for_ms_(for_ms), keep_ms_(keep_ms) {}

  /// Times only grow; no two elements have the same labels.
  void at(int64_t t_ms, std::vector<alert_element> found);
  void clear() { alerts_.clear(); }

  /// By labels. What is over stays for 15 minutes, for those who have to be told.
  const std::map<promql::labels, alert>& alerts() const { return alerts_; }

private:
  void leave(int64_t t_ms, alert& x) const;

  int64_t for_ms_, keep_ms_;
  std::map<promql::labels, alert> alerts_;
};

} // namespace aops::rulefile
