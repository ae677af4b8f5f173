#include "actors/query/alert_series.hpp"

#include "runtime/core/check/host_labels.hpp"

#include <algorithm>

namespace aops::actors {

std::map<std::string, std::string> labels_of_alert(const promql::labels& host,
                                                   const alert_stretch& x) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : check::labels_of_series(host, {{}, x.labels}))
    if (name != promql::metric_name && !value.empty())
      out.insert_or_assign(std::string{name}, std::string{value});
  out.insert_or_assign("alertname", x.check_item);
  out.insert_or_assign("severity", x.severity);
  for (const auto& [name, value] : x.rule_labels) // Over all but those that tell hosts apart.
    if (check::host_label_bit(name) == 0)
      out.insert_or_assign(name, value);
  return out;
}

void append_alert_points(std::vector<promql::point>& to,
                         const alert_stretch& x,
                         bool is_state,
                         int64_t after_ms,
                         int64_t until_ms,
                         bool newest_only) {
  auto last = std::min(x.until_ms, until_ms);
  auto first = std::max(x.from_ms, after_ms + 1);
  const double value = is_state ? static_cast<double>(x.from_ms) / 1000 : 1;
  if (first <= last) {
    if (!newest_only) {
      to.push_back({first, value});
      for (auto t = (first / alert_step_ms + 1) * alert_step_ms; t < last; t += alert_step_ms)
        to.push_back({t, value});
    }
    if (newest_only || last > first)
      to.push_back({last, value});
  }
  if (auto end = x.until_ms + 1; !x.lasts && end > after_ms && end <= until_ms)
    to.push_back({end, promql::stale_marker()});
}

} // namespace aops::actors
