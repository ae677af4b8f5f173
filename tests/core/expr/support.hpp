#pragma once

#include "runtime/core/expr/evaluator.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tests {

using namespace aops::expr;
using aops::data_item;
using aops::number;

/// Random numbers that are the same everywhere: distributions of the standard library are not.
class random_source {
public:
  explicit random_source(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15 + 1) {}
  uint64_t bits() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    return state_ ^= state_ << 17;
  }
  /// 0 to `limit` - 1.
  uint64_t below(uint64_t limit) { return bits() % limit; }
  bool one_in(uint64_t n) { return below(n) == 0; }
  template <class List>
  const auto& pick(const List& list) {
    return list[below(std::size(list))];
  }

private:
  uint64_t state_;
};

inline std::vector<data_item> kpis(size_t count) {
  std::vector<data_item> items;
  for (size_t i = 0; i < count; ++i)
    items.push_back({"item" + std::to_string(i), "kpi", {}});
  return items;
}

inline std::shared_ptr<const program> compiled(std::string_view condition,
                                               const std::vector<data_item>& items) {
  auto p = program::compile(condition, items);
  BOOST_REQUIRE_MESSAGE(p.has_value(), condition << ": " << (p ? "" : p.error().detail));
  return *p;
}

/// The text of the refusal; empty when it compiles.
inline std::string refusal(std::string_view condition,
                           const std::vector<data_item>& items = kpis(2)) {
  auto p = program::compile(condition, items);
  return p ? std::string() : p.error().detail;
}

/// Points 15 s apart, from 0.
inline series every_15s(const std::vector<double>& values) {
  series s;
  int64_t t = -15'000;
  for (double x : values)
    s.append(t += 15'000, number::of(x));
  return s;
}

/// Kind and content, told apart to the last bit; for comparing and for messages.
inline std::string text_of(const outcome& o) {
  if (o.what == verdict::error)
    return "error: " + o.reason;
  switch (o.result.what()) {
  case kind::null:
    return "null";
  case kind::boolean:
    return o.result.boolean() ? "true" : "false";
  case kind::integer:
    return std::to_string(o.result.integer());
  case kind::text:
    return "'" + o.result.text() + "'";
  case kind::real:
    break;
  }
  if (o.result.real() != o.result.real())
    return "nan real";
  char digits[40];
  std::snprintf(digits, sizeof(digits), "%.17g real", o.result.real());
  return digits;
}

} // namespace tests
