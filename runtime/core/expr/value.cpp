#include "runtime/core/expr/value.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace aops::expr {

value value::of(bool x) {
  value v;
  v.kind_ = kind::boolean;
  v.bits_ = x ? 1 : 0;
  return v;
}

value value::of(int64_t x) { return of(number::of(x)); }
value value::of(double x) { return of(number::of(x)); }

value value::of(number x) {
  value v;
  v.kind_ = x.is_integer() ? kind::integer : kind::real;
  v.bits_ = x.bits();
  return v;
}

value value::of(std::string x) {
  value v;
  v.kind_ = kind::text;
  v.text_ = std::move(x);
  return v;
}

bool value::truthy() const {
  switch (kind_) {
  case kind::null:
    return false;
  case kind::boolean:
  case kind::integer:
    return bits_ != 0;
  case kind::real:
    return real() != 0;
  case kind::text:
    return !text_.empty();
  }
  return false;
}

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  auto from = text.find_first_not_of(blanks);
  if (from == std::string_view::npos)
    return {};
  return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

/// `Inf`, `Infinity`, `NaN` in any case: exporters differ.
bool read_word(std::string_view text, bool negative, double& out) {
  auto is = [&](std::string_view word) {
    if (text.size() != word.size())
      return false;
    for (size_t i = 0; i < word.size(); ++i)
      if ((text[i] | 0x20) != word[i])
        return false;
    return true;
  };
  if (is("inf") || is("infinity")) {
    out =
      negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    return true;
  }
  if (is("nan")) {
    out = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  return false;
}

/// True when the text is digits with at most one point among them and an optional exponent.
bool is_decimal(std::string_view text) {
  size_t i = 0, digits = 0;
  auto skip_digits = [&] {
    size_t from = i;
    while (i < text.size() && is_digit(text[i]))
      ++i;
    return i - from;
  };
  digits += skip_digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    digits += skip_digits();
  }
  if (digits == 0)
    return false;
  if (i < text.size() && (text[i] | 0x20) == 'e') {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-'))
      ++i;
    if (skip_digits() == 0)
      return false;
  }
  return i == text.size();
}

double to_double(std::string_view text) {
  double x = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (problem == std::errc::result_out_of_range)
    x = std::strtod(std::string(text).c_str(), nullptr); // Knows which way it is out of range.
  return x;
}

} // namespace

expected<number> parse_sample(std::string_view text) {
  auto body = trim(text);
  if (int64_t x = 0; !body.empty() && (is_digit(body[0]) || body[0] == '-')) {
    auto [end, problem] = std::from_chars(body.data(), body.data() + body.size(), x);
    if (problem == std::errc{} && end == body.data() + body.size())
      return number::of(x);
  }
  bool negative = !body.empty() && body[0] == '-';
  if (negative || (!body.empty() && body[0] == '+'))
    body.remove_prefix(1);
  if (int64_t x = 0; !negative && !body.empty() && is_digit(body[0])) {
    auto [end, problem] = std::from_chars(body.data(), body.data() + body.size(), x);
    if (problem == std::errc{} && end == body.data() + body.size())
      return number::of(x);
  }
  double x = 0;
  if (read_word(body, negative, x))
    return number::of(x);
  if (!is_decimal(body))
    return fail(ec::bad_request, "the sample's text is no number");
  x = to_double(body);
  return number::of(negative ? -x : x);
}

std::partial_ordering compare(number a, number b) {
  if (a.is_integer() && b.is_integer())
    return a.integer() <=> b.integer();
  if (!a.is_integer() && !b.is_integer())
    return a.real() <=> b.real();
  if (!a.is_integer())
    return 0 <=> compare(b, a);
  // An integer against a double: beyond 2^53 a conversion would round and call different values
  // equal.
  double y = b.real();
  if (y != y)
    return std::partial_ordering::unordered;
  if (y >= 0x1p63)
    return std::partial_ordering::less;
  if (y < -0x1p63)
    return std::partial_ordering::greater;
  double whole = std::trunc(y);
  if (auto order = a.integer() <=> static_cast<int64_t>(whole); order != 0)
    return order;
  return 0.0 <=> y - whole;
}

} // namespace aops::expr
