#include "runtime/base/number_text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace aops::base {
namespace {

constexpr bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trim(std::string_view x) {
  while (!x.empty() && is_blank(x.front()))
    x.remove_prefix(1);
  while (!x.empty() && is_blank(x.back()))
    x.remove_suffix(1);
  return x;
}

bool is_word(std::string_view x, std::string_view lower) {
  return std::equal(x.begin(), x.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
  });
}

/// What from_chars leaves out of range is either huge or tiny: the decimal exponent of its first
/// digit tells.
double beyond_range(std::string_view unsigned_text) {
  int64_t exponent = 0;
  bool point = false, found = false;
  size_t i = 0;
  for (; i < unsigned_text.size() && (is_digit(unsigned_text[i]) || unsigned_text[i] == '.'); ++i) {
    char c = unsigned_text[i];
    if (c == '.') {
      point = true;
      continue;
    }
    found = found || c != '0';
    if (found && !point)
      ++exponent;
    else if (!found && point)
      --exponent;
  }
  if (i < unsigned_text.size()) { // 'e' or 'E'
    auto digits = unsigned_text.substr(i + 1);
    bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+'))
      digits.remove_prefix(1);
    int64_t written = 0;
    for (char c : digits)
      written = std::min<int64_t>(written * 10 + (c - '0'), int64_t{1} << 40);
    exponent += negative ? -written : written;
  }
  return exponent > 0 ? std::numeric_limits<double>::infinity() : 0.0;
}

std::optional<double> read_real(std::string_view x) {
  if (x.empty())
    return std::nullopt;
  if (!is_digit(x.front()) && x.front() != '.') {
    if (is_word(x, "nan"))
      return std::numeric_limits<double>::quiet_NaN();
    if (is_word(x, "inf") || is_word(x, "infinity"))
      return std::numeric_limits<double>::infinity();
    return std::nullopt;
  }
  double value = 0;
  auto [end, ec] = std::from_chars(x.data(), x.data() + x.size(), value);
  if (ec == std::errc::invalid_argument || end != x.data() + x.size())
    return std::nullopt;
  return ec == std::errc::result_out_of_range ? beyond_range(x) : value;
}

} // namespace

std::optional<number> read_number(std::string_view text) {
  text = trim(text);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-'))
      return std::nullopt;
  }
  int64_t integer = 0;
  const char* end = text.data() + text.size();
  if (auto [at, ec] = std::from_chars(text.data(), end, integer); ec == std::errc{} && at == end)
    return number::of(integer);
  bool negative = text.starts_with('-');
  if (negative)
    text.remove_prefix(1);
  auto real = read_real(text);
  if (!real)
    return std::nullopt;
  return number::of(negative ? -*real : *real);
}

} // namespace aops::base
