#pragma once

#include "runtime/core/check/results.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>

namespace aops::check {

/// What a round says of an instance before `for` and its like.
enum class point_state : uint8_t {
  well,
  held,    ///< The condition is truthy.
  no_data, ///< Nothing to judge.
  error,   ///< The condition cannot be computed there.
  unknown, ///< Not yet: a window is not full because the series began or was away.
};

/// What a rule does where there is no data.
enum class no_data_policy : uint8_t { tell, keep, alert, ignore };

/// How the verdicts of a rule depend on time. See docs/reference/checks.md#time.
struct firing_terms {
  int64_t period_ms = 0;
  int64_t for_ms = 0;         ///< So long the condition must hold first.
  int64_t keep_firing_ms = 0; ///< So long a verdict outlives it.
  bool has_recover = false;   ///< A condition of its own ends the verdict.
  no_data_policy no_data = no_data_policy::tell;
  friend bool operator==(const firing_terms&, const firing_terms&) = default;

  /// Whether a verdict depends on more than its round.
  bool looks_back() const {
    return for_ms > 0 || keep_firing_ms > 0 || has_recover || no_data == no_data_policy::keep;
  }
  /// So much time must be judged before a round for its verdict to be right, as far as it does not
  /// depend on what fired before.
  int64_t lead_ms() const {
    if (!looks_back())
      return 0;
    return (no_data == no_data_policy::keep ? 2 : 1) * for_ms + keep_firing_ms + period_ms;
  }
};

/// The way of one instance from round to round.
class firing {
public:
  /// The verdict of a round; rounds come in time order. @param recovered Whether `recover` holds in
  /// this round; asked when it matters.
  std::optional<result_value> at(int64_t t_ms,
                                 point_state now,
                                 const firing_terms& terms,
                                 const std::function<bool()>& recovered);

  /// Whether nothing is known that rounds to come could depend on.
  bool is_idle() const { return !fires_ && held_since_ms_ == never; }

  /// It was `Abnormal` in the last round, as the stored rows tell.
  void fires() { fires_ = true; }

private:
  static constexpr int64_t never = std::numeric_limits<int64_t>::min();
  int64_t held_since_ms_ = never; ///< Without a break.
  int64_t last_held_ms_ = never;
  bool fires_ = false;
};

} // namespace aops::check
