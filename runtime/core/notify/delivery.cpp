#include "runtime/core/notify/delivery.hpp"

#include "runtime/base/digest.hpp"

namespace aops::notify {

namespace {

/// Beyond any time that is looked at.
constexpr int64_t never_ms = INT64_MAX / 2;

} // namespace

step next_step(const standing& x, const base::notify_receiver& to, int64_t now_ms) {
  bool is_told = x.times > 0;
  if (x.is_over && is_told && !to.resolved)
    return step::forget;
  if (x.tried_ms > 0 && now_ms - x.tried_ms >= to.give_up_after.ms)
    return step::give_up;
  return x.is_over && is_told ? step::tell_end : step::tell_beginning;
}

step next_step(const told_alert& alert,
               const standing& x,
               const base::notify_receiver& to,
               bool is_begun_again,
               int64_t now_ms) {
  if (x.is_over && is_begun_again && to.format == "alertmanager")
    return step::forget;
  auto next = next_step(x, to, now_ms);
  if (alert.status != "diagnosed")
    return next;
  if (x.times > 0 || (alert.until && now_ms > alert.until->ms))
    return step::forget;
  return next == step::give_up ? next : step::tell_cause;
}

int64_t repeat_at(const base::notify_receiver& to, int64_t now_ms) {
  return to.repeat.ms > 0 ? now_ms + to.repeat.ms : never_ms;
}

std::string group_key(const told_alert& x, const base::notify_receiver& to, int64_t attempts) {
  if (to.format == "alertmanager")
    return attempts > 0 ? x.alert_id : std::string{};
  if (to.group == "host")
    return x.host_id;
  if (to.group == "rule")
    return x.owner + '\n' + x.check_item;
  return x.alert_id;
}

std::string id_of(const told_alert& x, int64_t times) {
  return x.alert_id + (x.status == "resolved" ? "-end" : "-" + std::to_string(times));
}

std::string id_of(const std::vector<std::string>& parts) {
  if (parts.size() == 1)
    return parts.front();
  constexpr size_t digits = 32;
  std::string all;
  for (const auto& x : parts)
    all += x + '\n';
  return base::sha256_hex(all).substr(0, digits);
}

} // namespace aops::notify
