// Seconds of range queries as a dashboard asks them: 200 series at 15 s over 24 hours, 288 steps,
// on one core; and of a rule evaluated once.
#include "runtime/core/promql/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace aops::promql;

constexpr int64_t every_ms = 15'000, day_ms = 86'400'000, step_ms = 300'000;
constexpr int hosts = 50, modes = 4, repetitions = 5;

/// A counter that begins anew now and then, made piece by piece while it is read.
class counter : public point_reader {
public:
  counter(int64_t from_ms, int64_t until_ms, uint64_t seed)
      : at_ms_(from_ms), until_ms_(until_ms), state_(seed * 2654435761 + 1) {}
  std::span<const point> next() override {
    size_t count = 0;
    for (; count < piece_.size() && at_ms_ <= until_ms_; at_ms_ += every_ms) {
      state_ ^= state_ << 13;
      state_ ^= state_ >> 7;
      state_ ^= state_ << 17;
      value_ = state_ % 5000 == 0 ? 0 : value_ + static_cast<double>(state_ % 15);
      piece_[count++] = {at_ms_, value_};
    }
    return {piece_.data(), count};
  }

private:
  int64_t at_ms_, until_ms_;
  uint64_t state_;
  double value_ = 0;
  std::array<point, 120> piece_;
};

class fleet : public source {
public:
  aops::expected<std::vector<series>> select(const selection& wanted) override {
    std::vector<series> out;
    auto from = (wanted.after_ms / every_ms + 1) * every_ms;
    for (int host = 0; host < hosts; ++host)
      for (int mode = 0; mode < modes; ++mode) {
        auto metric = make_labels({{"__name__", "cpu_seconds_total"},
                                   {"host", "host-" + std::to_string(host)},
                                   {"mode", std::to_string(mode)}});
        if (matches(wanted.matchers, metric))
          out.push_back({std::move(metric),
                         std::make_unique<counter>(
                           from, wanted.until_ms, static_cast<uint64_t>(host * modes + mode))});
      }
    return out;
  }
};

void print(const std::string& name, double value, const char* unit) {
  fmt::print("{{\"name\":\"{}\",\"value\":{:.4g},\"unit\":\"{}\"}}\n", name, value, unit);
}

size_t sink = 0; ///< Keeps the work from being optimised away.

/// Median over repetitions.
void measure(const std::string& text) {
  auto q = query::parse(text);
  if (!q)
    return fmt::print(stderr, "{}\n", q.error().detail);
  fleet data;
  auto median = [&](auto&& evaluate) {
    std::vector<double> seconds;
    for (int r = 0; r < repetitions; ++r) {
      auto start = std::chrono::steady_clock::now();
      auto found = evaluate();
      seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
      sink += found ? found->matrix.size() + found->vector.size() : 0;
    }
    std::nth_element(seconds.begin(), seconds.begin() + repetitions / 2, seconds.end());
    return seconds[repetitions / 2];
  };
  print("promql range " + text, median([&] { return q->over(data, 0, day_ms, step_ms); }), "s");
  print("promql instant " + text, median([&] { return q->at(data, day_ms); }), "s");
}

} // namespace

int main() {
  measure("cpu_seconds_total");
  measure("rate(cpu_seconds_total[5m])");
  measure("rate(cpu_seconds_total[1h])");
  measure("sum by (host) (rate(cpu_seconds_total[5m]))");
  measure("avg_over_time(cpu_seconds_total[1h])");
  measure("max_over_time(cpu_seconds_total[1h])");
  measure("rate(cpu_seconds_total[5m]) / on (host) group_left sum by (host) "
          "(rate(cpu_seconds_total[5m]))");
  measure("max_over_time(sum by (host) (rate(cpu_seconds_total[5m]))[1h:1m])");
  return sink == 0;
}
