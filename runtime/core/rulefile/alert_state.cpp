#include "runtime/core/rulefile/alert_state.hpp"

#include <set>

namespace aops::rulefile {

namespace {

constexpr int64_t remembered_ms = 15 * 60'000;

} // namespace

void alert_state::at(int64_t t_ms, std::vector<alert_element> found) {
  std::set<const alert*> holding;
  for (auto& x : found) {
    auto [at, is_new] = alerts_.try_emplace(std::move(x.labels));
    auto& a = at->second;
    if (is_new || a.stage == alert_stage::over) {
      a = {};
      a.active_ms = t_ms;
    }
    a.annotations = std::move(x.annotations);
    a.value = x.value;
    a.kept_from_ms.reset();
    if (a.stage == alert_stage::pending && t_ms - a.active_ms >= for_ms_) {
      a.stage = alert_stage::firing;
      a.fired_ms = t_ms;
    }
    holding.insert(&a);
  }
  for (auto at = alerts_.begin(); at != alerts_.end();) {
    auto& a = at->second;
    bool goes = false;
    if (!holding.contains(&a)) {
      goes = a.stage == alert_stage::pending || (a.over_ms && t_ms - *a.over_ms > remembered_ms);
      if (!goes)
        leave(t_ms, a);
    }
    at = goes ? alerts_.erase(at) : std::next(at);
  }
}

/// Its condition does not hold.
void alert_state::leave(int64_t t_ms, alert& x) const {
  if (x.stage == alert_stage::over)
    return;
  if (keep_ms_ > 0) {
    if (!x.kept_from_ms)
      x.kept_from_ms = t_ms;
    if (t_ms - *x.kept_from_ms < keep_ms_)
      return;
  }
  x.stage = alert_stage::over;
  x.over_ms = t_ms;
}

} // namespace aops::rulefile
