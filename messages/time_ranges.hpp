#pragma once

#include "messages/check.hpp"
#include "messages/diag.hpp"
#include "messages/error.hpp"
#include "messages/eval.hpp"

/// Rules of requests that span fields: `base::decode` calls `validate_message` last. See
/// docs/reference/rest.md#times.
namespace aops {

/// A time range is absent, empty, or a start and an end that is not before it.
inline expected<void> validate_time_range(const std::vector<moment>& range) {
  if (range.size() == 1)
    return fail(ec::bad_request, "time_range: must have two times, or none");
  if (range.size() == 2 && range[0].ms > range[1].ms)
    return fail(ec::bad_request, "time_range: ends before it starts");
  return {};
}

inline expected<void> validate_message(const results_query& x) {
  return validate_time_range(x.time_range);
}
inline expected<void> validate_message(const rule_to_test& x) {
  return validate_time_range(x.time_range);
}
inline expected<void> validate_message(const condition_to_eval& x) {
  return validate_time_range(x.time_range);
}
inline expected<void> validate_message(const tasks_query& x) {
  return validate_time_range(x.time_range.value_or(std::vector<moment>{}));
}
inline expected<void> validate_message(const reports_query& x) {
  return validate_time_range(x.time_range.value_or(std::vector<moment>{}));
}

} // namespace aops
