#include "runtime/base/canonical_json.hpp"

#include "runtime/base/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

namespace aops::base {
namespace {

using json = nlohmann::json;

constexpr int64_t exact_integers = int64_t{1} << 53; ///< Up to here a double holds every integer.

void append_escape(std::string& out, char c) {
  switch (c) {
  case '"':
    out += "\\\"";
    return;
  case '\\':
    out += "\\\\";
    return;
  case '\b':
    out += "\\b";
    return;
  case '\f':
    out += "\\f";
    return;
  case '\n':
    out += "\\n";
    return;
  case '\r':
    out += "\\r";
    return;
  case '\t':
    out += "\\t";
    return;
  default:
    break;
  }
  constexpr char digits[] = "0123456789abcdef";
  out += "\\u00";
  out += digits[static_cast<uint8_t>(c) >> 4];
  out += digits[static_cast<uint8_t>(c) & 15];
}

bool is_plain(char c) {
  auto byte = static_cast<uint8_t>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

/// Number::toString of ECMAScript, x finite. Source: ECMA-262, "Number::toString".
void append_finite(std::string& out, double x) {
  if (x == 0) { // Also -0.
    out += '0';
    return;
  }
  if (x < 0) {
    out += '-';
    x = -x;
  }
  char buffer[32];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, x, std::chars_format::scientific).ptr;
  // d[.ddd]e±xx: the digits, and where the point stands after the first of them.
  auto mark = std::find(buffer, end, 'e');
  char digits[24];
  int k = 0;
  for (auto p = buffer; p != mark; ++p)
    if (*p != '.')
      digits[k++] = *p;
  int exponent = 0;
  std::from_chars(mark[1] == '+' ? mark + 2 : mark + 1, end, exponent);
  auto n = exponent + 1;
  if (n > 21 || n <= -6) {
    out += digits[0];
    if (k > 1)
      out.append(".").append(digits + 1, digits + k);
    out.append(n > 0 ? "e+" : "e-").append(std::to_string(std::abs(n - 1)));
  } else if (n <= 0) {
    out.append("0.").append(static_cast<size_t>(-n), '0').append(digits, digits + k);
  } else if (k <= n) {
    out.append(digits, digits + k).append(static_cast<size_t>(n - k), '0');
  } else {
    out.append(digits, digits + n).append(".").append(digits + n, digits + k);
  }
}

std::string_view name_of_special(double x) {
  if (std::isnan(x))
    return "NaN";
  return x > 0 ? "Infinity" : "-Infinity";
}

void append_object(std::string& out, const json& x) {
  std::vector<json::const_iterator> members;
  members.reserve(x.size());
  for (auto i = x.begin(); i != x.end(); ++i)
    members.push_back(i);
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) {
    return utf16_less(a.key(), b.key());
  });
  out += '{';
  auto separator = "";
  for (const auto& member : members) {
    out += separator;
    append_canonical_text(out, member.key());
    out += ':';
    append_canonical(out, member.value());
    separator = ",";
  }
  out += '}';
}

void append_array(std::string& out, const json& x) {
  out += '[';
  auto separator = "";
  for (const auto& item : x) {
    out += separator;
    append_canonical(out, item);
    separator = ",";
  }
  out += ']';
}

} // namespace

bool utf16_less(std::string_view a, std::string_view b) {
  auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (x == a.end() || y == b.end())
    return a.size() < b.size();
  auto left = static_cast<uint8_t>(*x);
  auto right = static_cast<uint8_t>(*y);
  // UTF-8 sorts by code point. UTF-16 differs in one case: U+E000 to U+FFFF (lead byte EE or EF)
  // come after the surrogates that spell everything beyond U+FFFF (lead byte F0 and up).
  if (left >= 0xEE && right >= 0xEE && (left >= 0xF0) != (right >= 0xF0))
    return left >= 0xF0;
  return left < right;
}

void append_canonical_text(std::string& out, std::string_view text) {
  out += '"';
  for (size_t i = 0; i < text.size();) {
    auto run = i;
    while (run < text.size() && is_plain(text[run]))
      ++run;
    out.append(text, i, run - i);
    i = run;
    if (i == text.size())
      break;
    if (static_cast<uint8_t>(text[i]) < 0x80) {
      append_escape(out, text[i++]);
      continue;
    }
    if (auto length = utf8_length(text.substr(i))) {
      out.append(text, i, length);
      i += length;
    } else {
      out += "\xEF\xBF\xBD";
      ++i;
    }
  }
  out += '"';
}

void append_canonical_number(std::string& out, double x) {
  if (std::isfinite(x))
    append_finite(out, x);
  else
    out.append("\"").append(name_of_special(x)).append("\"");
}

void append_canonical_number(std::string& out, int64_t x) {
  if (x > exact_integers || x < -exact_integers)
    return append_finite(out, static_cast<double>(x));
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, x).ptr);
}

void append_canonical(std::string& out, const json& x) {
  switch (x.type()) {
  case json::value_t::object:
    return append_object(out, x);
  case json::value_t::array:
    return append_array(out, x);
  case json::value_t::string:
    return append_canonical_text(out, x.get_ref<const std::string&>());
  case json::value_t::boolean:
    out += x.get<bool>() ? "true" : "false";
    return;
  case json::value_t::number_integer:
    return append_canonical_number(out, x.get<int64_t>());
  case json::value_t::number_unsigned: {
    auto value = x.get<uint64_t>();
    if (value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      return append_canonical_number(out, static_cast<int64_t>(value));
    return append_finite(out, static_cast<double>(value));
  }
  case json::value_t::number_float:
    return append_canonical_number(out, x.get<double>());
  case json::value_t::null:
  case json::value_t::binary:    // Never comes from JSON text.
  case json::value_t::discarded: // A failed parse, which callers refuse first.
    out += "null";
    return;
  }
}

std::string canonical_json(const json& x) {
  std::string out;
  append_canonical(out, x);
  return out;
}

std::string shortest(double x) {
  if (!std::isfinite(x))
    return std::string(name_of_special(x));
  std::string out;
  append_finite(out, x);
  return out;
}

json json_seconds(int64_t ms) {
  if (ms % 1000 == 0)
    return ms / 1000;
  return static_cast<double>(ms) / 1000.0;
}

void append_seconds(std::string& out, int64_t ms) {
  if (ms % 1000 == 0)
    append_canonical_number(out, ms / 1000);
  else
    append_canonical_number(out, static_cast<double>(ms) / 1000.0);
}

} // namespace aops::base
