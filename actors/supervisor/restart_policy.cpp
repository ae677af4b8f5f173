#include "actors/supervisor/restart_policy.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace aops::actors {

bool is_restarted(restart_kind kind, bool ended_normally) {
  switch (kind) {
  case restart_kind::permanent:
    return true;
  case restart_kind::transient:
    return !ended_normally;
  default:
    return false;
  }
}

bool restart_window::add(int64_t now_ms) {
  if (limit_.restarts == restart_limit::unlimited)
    return true;
  std::erase_if(times_, [&](int64_t t) { return now_ms - t > limit_.within_ms; });
  if (times_.size() >= limit_.restarts)
    return false;
  times_.push_back(now_ms);
  return true;
}

int64_t restart_pacer::admit(int64_t now_ms, int64_t at_ms, double random) {
  if (pace_.most == restart_limit::unlimited || pace_.within_ms <= 0)
    return at_ms;
  spans_.erase(spans_.begin(), spans_.lower_bound(now_ms / pace_.within_ms));
  auto wanted = at_ms / pace_.within_ms;
  auto span = wanted;
  for (auto i = spans_.find(span);
       i != spans_.end() && i->second >= std::max<size_t>(pace_.most, 1);
       i = spans_.find(span))
    ++span;
  ++spans_[span];
  if (span == wanted)
    return at_ms;
  return span * pace_.within_ms +
         static_cast<int64_t>(random * static_cast<double>(pace_.within_ms));
}

double jitter_source::next() {
  // SplitMix64: the distributions of the standard library differ between its implementations.
  uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1.0p-53;
}

int64_t restart_delay_ms(const backoff& b, size_t failures, double random) {
  auto steps = static_cast<double>(std::max<size_t>(failures, 1) - 1);
  // pow may be infinite: the limit brings it back.
  auto delay = std::min(static_cast<double>(b.first_ms) * std::pow(std::max(b.factor, 1.0), steps),
                        static_cast<double>(b.max_ms));
  delay *= 1 + std::clamp(b.jitter, 0.0, 1.0) * (2 * random - 1);
  return std::max<int64_t>(std::llround(delay), 0);
}

child_range restarted_with(strategy how, size_t failed, size_t count) {
  switch (how) {
  case strategy::one_for_all:
    return {0, count};
  case strategy::rest_for_one:
    return {failed, count};
  default:
    return {failed, failed + 1};
  }
}

std::string_view to_string(child_state s) {
  constexpr std::array<std::string_view, 6> names = {
    "starting", "running", "backing_off", "stopping", "stopped", "failed"};
  auto i = static_cast<size_t>(s);
  return i < names.size() ? names[i] : "unknown";
}

} // namespace aops::actors
