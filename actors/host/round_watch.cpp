#include "actors/host/round_watch.hpp"

#include "runtime/base/log.hpp"
#include "runtime/base/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace aops::actors {

namespace {

constexpr std::string_view subject = "rounds";

} // namespace

void round_watch::looked(const std::string& host_id,
                         const wait& x,
                         int64_t now_ms,
                         int64_t period_ms,
                         base::health& health) {
  std::lock_guard guard{mutex_};
  bool is_stuck = x.since_ms > 0 && now_ms - x.since_ms > periods_of_patience * period_ms;
  if (is_stuck)
    stuck_.insert_or_assign(host_id, x);
  else if (stuck_.erase(host_id) == 0)
    return;
  show(health);
}

void round_watch::gone(const std::string& host_id, base::health& health) {
  std::lock_guard guard{mutex_};
  if (stuck_.erase(host_id) != 0)
    show(health);
}

size_t round_watch::stuck() const {
  std::lock_guard guard{mutex_};
  return stuck_.size();
}

void round_watch::show(base::health& health) {
  if (stuck_.empty()) {
    health.recovered(subject);
    is_told_ = false;
    log::info("rounds-stored-again", "no host waits for its rounds any more");
    return;
  }
  auto oldest = std::min_element(stuck_.begin(), stuck_.end(), [](const auto& a, const auto& b) {
    return a.second.since_ms < b.second.since_ms;
  });
  auto problem = fmt::format("{} hosts have not stored a round since {}: {}",
                             stuck_.size(),
                             base::utc_text(oldest->second.since_ms),
                             oldest->second.what);
  if (!std::exchange(is_told_, true))
    log::warn("rounds-stuck", "{} (host {})", problem, oldest->first);
  health.impaired(subject, std::move(problem));
}

} // namespace aops::actors
