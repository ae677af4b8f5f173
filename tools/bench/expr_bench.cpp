// Points per second of the expression engine over a series of 10,000 points at 15 s, on one core.
#include "runtime/core/expr/evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace aops::expr;

constexpr size_t points = 10'000;
constexpr int repetitions = 9;

struct xorshift {
  uint64_t state = 88172645463325252ull;
  uint64_t operator()() {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
  }
};

/// A gauge between 0 and 100 with two decimals; `whole` as a counter would be.
series gauge(bool whole, uint64_t seed) {
  xorshift random{seed};
  series s;
  s.reserve(points);
  for (size_t i = 0; i < points; ++i) {
    auto x = static_cast<int64_t>(random() % 10'000);
    s.append(static_cast<int64_t>(i) * 15'000,
             whole ? aops::number::of(x / 100) : aops::number::of(static_cast<double>(x) / 100));
  }
  return s;
}

void print(const std::string& name, double value, const char* unit) {
  fmt::print("{{\"name\":\"{}\",\"value\":{:.4g},\"unit\":\"{}\"}}\n", name, value, unit);
}

size_t sink = 0; ///< Keeps the work from being optimised away.

/// Median over repetitions of judging every point once, each time from the first with a fresh
/// evaluator.
void measure(const std::string& condition,
             const std::string& kind,
             const std::vector<const series*>& data) {
  std::vector<aops::data_item> items{{"a", "kpi", {}}, {"b", "kpi", {}}};
  auto program = program::compile(condition, items);
  if (!program)
    return fmt::print(stderr, "{}: {}\n", condition, program.error().detail);
  std::vector<double> rates;
  size_t bytes = 0;
  for (int r = 0; r < repetitions; ++r) {
    evaluator e(*program, data);
    auto start = std::chrono::steady_clock::now();
    for (uint64_t i = 0; i < points; ++i)
      sink += e.verdict_at(i) == verdict::abnormal;
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    rates.push_back(static_cast<double>(points) / took.count());
    bytes = e.memory_bytes();
  }
  std::nth_element(rates.begin(), rates.begin() + repetitions / 2, rates.end());
  auto name = "expr " + condition + " (" + kind + ")";
  print(name, rates[repetitions / 2], "points/s");
  print(name + " evaluator", static_cast<double>(bytes), "bytes");
}

} // namespace

int main() {
  auto real = gauge(false, 1), whole = gauge(true, 2), other = gauge(false, 3);
  const std::vector<std::string> conditions = {
    "$0>80",
    "max(#20)>80 && $1<5",
    "avg(10m)-min(10m)>3",
    "max(1m)>80",
    "max(1h)>80",
    "max(24h)>80",
    "avg(1m)>80",
    "avg(1h)>80",
    "avg(24h)>80",
    "avg(1m)-min(1m)>3",
    "avg(1h)-min(1h)>3",
    "avg(24h)-min(24h)>3",
    "count(1m,80,'>')>3",
    "count(1h,80,'>')>100",
    "count(24h,80,'>')>1000",
    "rate(1m)>1",
    "rate(1h)>1",
    "rate(24h)>1",
    "change(1h)>3",
  };
  for (const auto& c : conditions) {
    measure(c, "doubles", {&real, &other});
    measure(c, "integers", {&whole, &other});
  }
  print("expr series", static_cast<double>(real.memory_bytes()) / points, "bytes/point");
  return sink == 0 ? 1 : 0;
}
