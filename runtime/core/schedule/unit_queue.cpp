#include "runtime/core/schedule/unit_queue.hpp"

#include <algorithm>

namespace aops::schedule {

namespace {

constexpr int64_t longest_back_off_ms = 30'000;
constexpr uint8_t most_attempts = 100;

size_t count_in(const std::unordered_map<uint32_t, size_t>& counts, uint32_t key) {
  auto it = counts.find(key);
  return it == counts.end() ? 0 : it->second;
}

void take_from(std::unordered_map<uint32_t, size_t>& counts, uint32_t key) {
  auto it = counts.find(key);
  if (--it->second == 0)
    counts.erase(it);
}

} // namespace

unit_queue::unit_queue(int64_t count, const std::vector<int64_t>& done, unit_limits limits)
    : count_(count), limits_(limits), states_(static_cast<size_t>(count), state::open),
      attempts_(static_cast<size_t>(count), 0), is_waiting_(static_cast<size_t>(count), false) {
  for (auto unit : done)
    if (unit >= 0 && unit < count_ && states_[static_cast<size_t>(unit)] == state::open) {
      states_[static_cast<size_t>(unit)] = state::stored;
      ++stored_;
    }
}

bool unit_queue::has_room(unit_place at) const {
  return count_in(in_lane_, at.lane) < limits_.in_flight &&
         count_in(on_host_, at.host) < limits_.per_host;
}

int64_t unit_queue::send(int64_t unit, unit_place at) {
  auto i = static_cast<size_t>(unit);
  states_[i] = state::in_flight;
  if (attempts_[i] < most_attempts)
    ++attempts_[i];
  flying_[unit] = at;
  ++in_lane_[at.lane];
  ++on_host_[at.host];
  return unit;
}

bool unit_queue::was_never_asked(int64_t unit) const {
  auto i = static_cast<size_t>(unit);
  return states_[i] == state::open && !is_waiting_[i];
}

std::optional<int64_t> unit_queue::next(int64_t now_ms, const place_of& where) {
  // Retries first: they hold the job's end up.
  for (auto it = retries_.begin(); it != retries_.end() && it->due_ms <= now_ms; ++it) {
    auto unit = it->unit;
    auto at = where(unit);
    if (!has_room(at))
      continue;
    retries_.erase(it);
    is_waiting_[static_cast<size_t>(unit)] = false;
    return send(unit, at);
  }
  while (cursor_ < count_ && !was_never_asked(cursor_))
    ++cursor_;
  for (auto unit = cursor_; unit < count_; ++unit) {
    if (!was_never_asked(unit))
      continue;
    if (auto at = where(unit); has_room(at))
      return send(unit, at);
  }
  return std::nullopt;
}

std::optional<int64_t> unit_queue::next(int64_t now_ms) {
  return next(now_ms, [](int64_t unit) { return unit_place{0, static_cast<uint32_t>(unit)}; });
}

void unit_queue::land(int64_t unit) {
  auto it = flying_.find(unit);
  if (it == flying_.end())
    return;
  take_from(in_lane_, it->second.lane);
  take_from(on_host_, it->second.host);
  flying_.erase(it);
}

void unit_queue::stored(int64_t unit) {
  auto& s = states_[static_cast<size_t>(unit)];
  land(unit);
  if (s != state::stored)
    ++stored_;
  s = state::stored;
}

bool unit_queue::failed(int64_t unit, int64_t now_ms) {
  auto i = static_cast<size_t>(unit);
  if (states_[i] != state::in_flight)
    return false;
  if (attempts_[i] >= limits_.attempts)
    return true;
  auto back_off = limits_.back_off_ms << std::min(attempts_[i] - 1, 20);
  wait(unit, now_ms + std::min(back_off, longest_back_off_ms));
  return false;
}

void unit_queue::put_back(int64_t unit, int64_t now_ms) {
  auto i = static_cast<size_t>(unit);
  if (states_[i] != state::in_flight)
    return;
  if (attempts_[i] > 0)
    --attempts_[i];
  wait(unit, now_ms + limits_.back_off_ms);
}

void unit_queue::recall(int64_t unit) {
  if (states_[static_cast<size_t>(unit)] == state::in_flight)
    wait(unit, 0);
}

void unit_queue::hurry() {
  for (auto& x : retries_)
    x.due_ms = 0;
}

void unit_queue::wait(int64_t unit, int64_t due_ms) {
  states_[static_cast<size_t>(unit)] = state::open;
  is_waiting_[static_cast<size_t>(unit)] = true;
  land(unit);
  auto at =
    std::upper_bound(retries_.begin(), retries_.end(), due_ms, [](int64_t due, const waiting& w) {
      return due < w.due_ms;
    });
  retries_.insert(at, {due_ms, unit});
}

int64_t unit_queue::attempts(int64_t unit) const { return attempts_[static_cast<size_t>(unit)]; }

std::optional<int64_t> unit_queue::next_due_ms() const {
  return retries_.empty() ? std::nullopt : std::optional{retries_.front().due_ms};
}

std::vector<int64_t> unit_queue::missing() const {
  std::vector<int64_t> units;
  for (size_t i = 0; i < states_.size(); ++i)
    if (states_[i] != state::stored)
      units.push_back(static_cast<int64_t>(i));
  return units;
}

} // namespace aops::schedule
