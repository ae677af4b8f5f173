#include "actors/host/coverage.hpp"

#include <algorithm>

namespace aops::actors {

namespace {

bool touches(const deviation& d, int64_t from_ms, int64_t until_ms) {
  return d.start_ms <= until_ms && d.end_ms >= from_ms;
}

bool concerns(const deviation& d, std::string_view check_item) {
  return d.check_item.empty() || d.check_item == check_item;
}

} // namespace

void coverage::load(int64_t since_ms, int64_t until_ms, std::vector<deviation> deviations) {
  since_ms_ = since_ms;
  until_ms_ = until_ms;
  deviations_ = std::move(deviations);
}

void coverage::begin(int64_t since_ms) {
  if (since_ms_ == 0)
    since_ms_ = since_ms;
}

void coverage::advance(int64_t until_ms) { until_ms_ = std::max(until_ms_, until_ms); }

void coverage::add(const deviation& x) {
  auto same = std::find_if(deviations_.begin(), deviations_.end(), [&](const deviation& d) {
    return d.check_item == x.check_item && d.start_ms == x.start_ms;
  });
  if (same != deviations_.end())
    *same = x;
  else
    deviations_.push_back(x);
}

bool coverage::covers(std::string_view check_item,
                      int64_t from_ms,
                      int64_t until_ms,
                      int64_t period_ms) const {
  if (since_ms_ == 0 || from_ms <= since_ms_ - period_ms || until_ms >= until_ms_ + period_ms)
    return false;
  return std::none_of(deviations_.begin(), deviations_.end(), [&](const deviation& d) {
    return concerns(d, check_item) && touches(d, from_ms, until_ms);
  });
}

deviation coverage::note_late(std::string_view check_item,
                              int64_t from_ms,
                              int64_t until_ms,
                              int64_t join_ms) {
  for (auto& d : deviations_)
    if (d.reason == late_rule && d.check_item == check_item && d.end_ms >= from_ms - join_ms) {
      d.end_ms = std::max(d.end_ms, until_ms);
      return d;
    }
  deviation late{std::string{check_item}, from_ms, until_ms, std::string{late_rule}};
  add(late);
  return late;
}

std::vector<coverage::range>
coverage::late_parts(std::string_view check_item, int64_t from_ms, int64_t until_ms) const {
  std::vector<range> parts;
  for (const auto& d : deviations_)
    if (d.reason == late_rule && d.check_item == check_item && touches(d, from_ms, until_ms))
      parts.push_back({std::max(from_ms, d.start_ms), std::min(until_ms, d.end_ms)});
  return parts;
}

std::vector<deviation>
coverage::judged(std::string_view check_item, int64_t from_ms, int64_t until_ms) {
  std::vector<deviation> changed;
  for (auto& d : deviations_) {
    // Only a part that reaches the end can be given back: deviations are one stretch each.
    if (d.reason != late_rule || d.check_item != check_item || from_ms > d.end_ms ||
        until_ms < d.end_ms)
      continue;
    d.end_ms = from_ms - 1; // Before its start when all of it was judged.
    changed.push_back(d);
  }
  std::erase_if(deviations_, [](const deviation& d) { return d.end_ms < d.start_ms; });
  return changed;
}

} // namespace aops::actors
