#pragma once

#include "messages/alerts.hpp"
#include "runtime/core/promql/source.hpp"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace aops::actors {

/// Reads when rules were alerts; waits for it.
using alert_reading = std::function<expected<alert_history>(const alert_history_query&)>;

/// What alerts are as series, as Prometheus has them.
inline constexpr std::string_view alerts_series = "ALERTS";
inline constexpr std::string_view alert_state_series = "ALERTS_FOR_STATE";

/// How far apart their points are.
inline constexpr int64_t alert_step_ms = 15'000;

/// The labels of an alert of a host, without the name of the metric.
/// @param host Those of its series.
std::map<std::string, std::string> labels_of_alert(const promql::labels& host,
                                                   const alert_stretch& x);

/// Points of an alert in (after, until]: 1, or since when it lasts, from its first to its last
/// moment; then a stale marker, unless it lasts.
/// @param newest_only The last of them suffices.
void append_alert_points(std::vector<promql::point>& to,
                         const alert_stretch& x,
                         bool is_state,
                         int64_t after_ms,
                         int64_t until_ms,
                         bool newest_only);

} // namespace aops::actors
