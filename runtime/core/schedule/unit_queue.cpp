#include "runtime/core/schedule/unit_queue.hpp"

#include <algorithm>

namespace aops::schedule {

namespace {
constexpr int64_t longest_back_off_ms = 30'000;
constexpr uint8_t most_attempts = 100;
} // namespace

unit_queue::unit_queue(int64_t count, const std::vector<int64_t>& done, unit_limits limits)
    : count_(count), limits_(limits), states_(static_cast<size_t>(count), state::open),
      attempts_(static_cast<size_t>(count), 0) {
  for (auto unit : done)
    if (unit >= 0 && unit < count_ && states_[static_cast<size_t>(unit)] == state::open) {
      states_[static_cast<size_t>(unit)] = state::stored;
      ++stored_;
    }
}

std::optional<int64_t> unit_queue::next(int64_t now_ms) {
  if (in_flight_ >= limits_.in_flight)
    return std::nullopt;
  auto send = [this](int64_t unit) {
    auto i = static_cast<size_t>(unit);
    states_[i] = state::in_flight;
    if (attempts_[i] < most_attempts)
      ++attempts_[i];
    ++in_flight_;
    return unit;
  };
  // Retries first: they hold the job's end up.
  if (!retries_.empty() && retries_.front().due_ms <= now_ms) {
    auto unit = retries_.front().unit;
    retries_.pop_front();
    return send(unit);
  }
  for (; cursor_ < count_; ++cursor_)
    if (states_[static_cast<size_t>(cursor_)] == state::open &&
        attempts_[static_cast<size_t>(cursor_)] == 0)
      return send(cursor_++);
  return std::nullopt;
}

void unit_queue::stored(int64_t unit) {
  auto& s = states_[static_cast<size_t>(unit)];
  if (s == state::in_flight)
    --in_flight_;
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

void unit_queue::wait(int64_t unit, int64_t due_ms) {
  states_[static_cast<size_t>(unit)] = state::open;
  --in_flight_;
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
