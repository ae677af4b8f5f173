#include "runtime/core/check/firing.hpp"

#include <algorithm>

namespace aops::check {

std::optional<result_value> firing::at(int64_t t_ms,
                                       point_state now,
                                       const firing_terms& terms,
                                       const std::function<bool()>& recovered) {
  bool keeps = terms.no_data == no_data_policy::keep;
  if (now == point_state::no_data) {
    if (keeps)
      return fires_ ? std::optional(result_value::abnormal) : std::nullopt;
    held_since_ms_ = never;
    fires_ = false;
    return terms.no_data == no_data_policy::ignore ? std::nullopt
                                                   : std::optional(result_value::no_data);
  }
  if (now == point_state::held) {
    // A hole breaks it; with `keep` one that is no longer than `for`.
    auto longest = keeps ? std::max(terms.for_ms, terms.period_ms) : terms.period_ms;
    if (held_since_ms_ == never || t_ms - last_held_ms_ > longest)
      held_since_ms_ = t_ms;
    last_held_ms_ = t_ms;
  } else {
    held_since_ms_ = never;
  }
  if (held_since_ms_ != never && t_ms - held_since_ms_ >= terms.for_ms)
    fires_ = true;
  else if (fires_)
    fires_ = (terms.keep_firing_ms > 0 && last_held_ms_ != never &&
              t_ms - last_held_ms_ <= terms.keep_firing_ms) ||
             (terms.has_recover && !recovered());
  if (fires_)
    return result_value::abnormal;
  return now == point_state::error ? std::optional(result_value::internal_error) : std::nullopt;
}

} // namespace aops::check
