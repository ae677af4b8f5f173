#pragma once

#include "messages/wire.hpp"

#include <bit>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace aops {

/// A number as conditions have it: a 64-bit integer where the text is one, else an IEEE double. See
/// docs/reference/condition-language.md#values.
class number {
public:
  constexpr number() = default;
  static constexpr number of(int64_t x) { return {x, true}; }
  static constexpr number of(double x) { return {std::bit_cast<int64_t>(x), false}; }
  constexpr bool is_integer() const { return integer_; }
  constexpr int64_t integer() const { return bits_; }
  constexpr double real() const { return std::bit_cast<double>(bits_); }
  constexpr double as_double() const { return integer_ ? static_cast<double>(bits_) : real(); }
  constexpr int64_t bits() const { return bits_; }
  /// Same kind, same bits.
  friend constexpr bool operator==(const number&, const number&) = default;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, number& x) {
    return f(x.bits_, x.integer_);
  }

private:
  constexpr number(int64_t bits, bool integer) : bits_(bits), integer_(integer) {}
  int64_t bits_ = 0;
  bool integer_ = true;
};

using label_set = std::map<std::string, std::string>; ///< Without `__name__`, `instance`, `job`.

/// Name and whole label set: what a rule's data item must equal.
struct series_key {
  std::string name;
  label_set label;
  friend auto operator<=>(const series_key&, const series_key&) = default;
};

AOPS_WIRE(series_key, name, label)

} // namespace aops
