#include "runtime/core/check/seasonal_model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace aops::check {

namespace {

/// Median distance of a normal distribution to its standard deviation.
constexpr double mad_to_deviation = 1.4826;

/// Hours that would be kept for more than this are a mistake of whoever tells the time.
constexpr int64_t most_hours = 13 * 7 * 24;

int64_t hour_index(int64_t t_ms) {
  auto hour = t_ms / seasonal_model::hour_ms;
  return t_ms < 0 && t_ms % seasonal_model::hour_ms != 0 ? hour - 1 : hour;
}

} // namespace

double median_of(std::vector<double>& values) {
  auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1)
    return *middle;
  return std::midpoint(*std::max_element(values.begin(), middle), *middle);
}

/// Makes room for an hour; null when it lies before all that is looked back on.
seasonal_model::kept_hour* seasonal_model::hour_of(int64_t index, int64_t lookback_ms) {
  auto most = std::min(lookback_ms / hour_ms + 2, most_hours);
  kept_hour none;
  none.at_ms.fill(-1);
  if (hours_.empty()) {
    first_ = index;
    hours_.push_back(none);
    return &hours_.front();
  }
  auto end = first_ + static_cast<int64_t>(hours_.size());
  if (index < first_) {
    if (end - index > most)
      return nullptr;
    for (; first_ > index; --first_)
      hours_.push_front(none);
    return &hours_.front();
  }
  if (index >= end + most) { // After a long silence nothing of before counts.
    hours_.clear();
    return hour_of(index, lookback_ms);
  }
  for (; index >= end; ++end)
    hours_.push_back(none);
  while (static_cast<int64_t>(hours_.size()) > most) {
    hours_.pop_front();
    ++first_;
  }
  return &hours_[static_cast<size_t>(index - first_)];
}

void seasonal_model::learn(int64_t t_ms, double value, int64_t lookback_ms) {
  if (!std::isfinite(value))
    return;
  last_ms_ = std::max(last_ms_, t_ms);
  auto index = hour_index(t_ms);
  auto* hour = hour_of(index, lookback_ms);
  if (hour == nullptr)
    return;
  auto at = static_cast<int32_t>(t_ms - index * hour_ms);
  auto slot = static_cast<size_t>(at / slot_ms);
  if (hour->at_ms[slot] >= 0 && hour->at_ms[slot] <= at)
    return;
  hour->at_ms[slot] = at;
  hour->values[slot] = value;
  if (known_hour_ && index < *known_hour_)
    known_hour_.reset();
}

std::optional<seasonal_baseline> seasonal_model::baseline(int64_t t_ms,
                                                          const seasonal_terms& terms) const {
  std::vector<double> values;
  int64_t cycles = 0;
  for (int64_t k = 1; k <= terms.cycles; ++k) {
    auto index = hour_index(t_ms - k * terms.season_ms) - first_;
    if (index < 0 || index >= static_cast<int64_t>(hours_.size()))
      continue;
    const auto& hour = hours_[static_cast<size_t>(index)];
    size_t found = 0;
    for (size_t i = 0; i < slots; ++i)
      if (hour.at_ms[i] >= 0) {
        values.push_back(hour.values[i]);
        ++found;
      }
    if (found >= least_of_hour)
      ++cycles;
    else
      values.resize(values.size() - found);
  }
  if (cycles < terms.min_cycles)
    return {};
  seasonal_baseline out;
  out.expected = median_of(values);
  for (auto& x : values)
    x = std::abs(x - out.expected);
  out.deviation = mad_to_deviation * median_of(values);
  return out;
}

std::optional<seasonal_view>
seasonal_model::judge(int64_t t_ms, double value, const seasonal_terms& terms) {
  auto hour = hour_index(t_ms);
  if (known_hour_ != hour) {
    known_ = baseline(t_ms, terms);
    known_hour_ = hour;
  }
  if (!known_ || std::isnan(value))
    return {};
  seasonal_view out;
  out.value = value;
  out.expected = known_->expected;
  auto away = terms.mads * std::max(known_->deviation, terms.floor * std::abs(known_->expected));
  out.low = out.expected - away;
  out.high = out.expected + away;
  out.is_abnormal = (terms.which != seasonal_terms::side::below && value > out.high) ||
                    (terms.which != seasonal_terms::side::above && value < out.low);
  return out;
}

size_t seasonal_model::memory_bytes() const {
  return sizeof(*this) + hours_.size() * sizeof(kept_hour);
}

size_t seasonal_model::most_bytes(const seasonal_terms& terms) {
  return sizeof(seasonal_model) +
         static_cast<size_t>(terms.lookback_ms() / hour_ms + 2) * sizeof(kept_hour);
}

} // namespace aops::check
