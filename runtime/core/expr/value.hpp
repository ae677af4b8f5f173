#pragma once

#include "messages/error.hpp"
#include "messages/sample.hpp"

#include <bit>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace aops::expr {

/// What a value of the condition language can be. See docs/reference/condition-language.md#values.
enum class kind : uint8_t { null, boolean, integer, real, text };

/// A value as a condition yields it: null, bool, 64-bit integer, double or string; owns its text.
class value {
public:
  value() = default; ///< null
  static value of(bool x);
  static value of(int64_t x);
  static value of(double x);
  static value of(number x);
  static value of(std::string x);

  kind what() const { return kind_; }
  bool is_null() const { return kind_ == kind::null; }
  bool boolean() const { return bits_ != 0; }
  int64_t integer() const { return bits_; }
  double real() const { return std::bit_cast<double>(bits_); }
  const std::string& text() const { return text_; }

  /// Falsy are `false`, `0`, `0.0`, `""` and `null`; everything else, NaN too, is truthy.
  bool truthy() const;

  /// Same kind, same bits, same text.
  friend bool operator==(const value&, const value&) = default;

private:
  kind kind_ = kind::null;
  int64_t bits_ = 0;
  std::string text_;
};

/// How one point is judged. See docs/reference/condition-language.md#judging-a-point.
enum class verdict : uint8_t { normal, abnormal, error };

/// One evaluation in full.
struct outcome {
  verdict what = verdict::error;
  value result;       ///< null when `what` is error.
  std::string reason; ///< Empty unless `what` is error.
};

/// Stands in a `kpi` series for a sample whose text is no number: reading it is an error of that
/// point. A quiet NaN with a payload of its own, so that a series needs no further bits for it.
inline constexpr number unreadable_sample =
  number::of(std::bit_cast<double>(uint64_t{0x7ff8'5bad'7e87'0001}));
constexpr bool is_unreadable(number x) { return x == unreadable_sample; }
constexpr bool is_nan(number x) { return !x.is_integer() && x.real() != x.real(); }

/// Reads the text of a `kpi` sample: an int64 where the text is one, else a double. Blanks around
/// it, a sign, leading zeros, an exponent, `Inf` and `NaN` are allowed. @return `ec::bad_request`
/// when the text is no number; append `unreadable_sample` then.
expected<number> parse_sample(std::string_view text);

/// Orders numbers by exact value; integers are not rounded to doubles. Unordered when one is NaN.
std::partial_ordering compare(number a, number b);

} // namespace aops::expr
