#include "runtime/core/promql/lexer.hpp"

#include "runtime/base/utf8.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace aops::promql {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Digits with `_` between them, as Go writes numbers; false where one stands elsewhere.
bool without_underscores(std::string_view text, std::string& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
      continue;
    }
    bool after = i > 0 && (is_hex(text[i - 1]) || (i == 2 && (text[1] | 0x20) == 'x'));
    bool before = i + 1 < text.size() && is_hex(text[i + 1]);
    if (!after || !before)
      return false;
  }
  return true;
}

bool all_octal(std::string_view text) {
  for (char c : text)
    if (c < '0' || c > '7')
      return false;
  return true;
}

double whole_number(std::string_view digits, int base) {
  double out = 0;
  for (char c : digits)
    out = out * base + (is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
  return out;
}

struct unit {
  std::string_view name;
  int64_t ms;
};
constexpr std::array units = {unit{"y", 365LL * 86400000},
                              unit{"w", 7LL * 86400000},
                              unit{"d", 86400000},
                              unit{"h", 3600000},
                              unit{"m", 60000},
                              unit{"s", 1000},
                              unit{"ms", 1}};

} // namespace

int64_t parse_duration(std::string_view text) {
  constexpr int64_t none = -1, most = std::numeric_limits<int64_t>::max() / 1000000;
  if (text == "0")
    return 0;
  int64_t total = 0;
  size_t next_unit = 0, at = 0;
  while (at < text.size()) {
    int64_t count = 0;
    size_t first = at;
    for (; at < text.size() && is_digit(text[at]); ++at) {
      count = count * 10 + (text[at] - '0');
      if (count > most)
        return none;
    }
    size_t name = at;
    while (at < text.size() && !is_digit(text[at]))
      ++at;
    while (next_unit < units.size() && units[next_unit].name != text.substr(name, at - name))
      ++next_unit;
    if (name == first || next_unit == units.size() || count > most / units[next_unit].ms)
      return none;
    total += count * units[next_unit++].ms;
    if (total > most)
      return none;
  }
  return text.empty() ? none : total;
}

namespace {

bool parse(std::string_view text, bool other_bases, double& out) {
  bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+'))
    text.remove_prefix(1);
  auto word = lower(text);
  double sign = negative ? -1 : 1;
  if (word == "inf" || word == "infinity")
    return out = sign * std::numeric_limits<double>::infinity(), true;
  if (word == "nan")
    return out = std::numeric_limits<double>::quiet_NaN(), true;
  if (word.empty() || !(is_digit(word[0]) || word[0] == '.'))
    return false;
  std::string plain;
  if (!other_bases)
    plain = word;
  else if (!without_underscores(word, plain))
    return false;
  if (other_bases && plain.starts_with("0x")) {
    std::string_view digits = std::string_view(plain).substr(2);
    for (char c : digits)
      if (!is_hex(c))
        return false;
    return out = sign * whole_number(digits, 16), !digits.empty();
  }
  if (other_bases && plain.size() > 1 && plain[0] == '0' && all_octal(plain))
    return out = sign * whole_number(plain, 8), true;
  auto [end, problem] = std::from_chars(plain.data(), plain.data() + plain.size(), out);
  if (problem == std::errc::result_out_of_range) {
    // Which way it is out of range stands in the exponent.
    out = plain.find("e-") != std::string::npos ? 0 : std::numeric_limits<double>::infinity();
  } else if (problem != std::errc()) {
    return false;
  }
  out *= sign;
  return end == plain.data() + plain.size();
}

} // namespace

bool parse_number(std::string_view text, double& out) { return parse(text, true, out); }
bool parse_float(std::string_view text, double& out) { return parse(text, false, out); }

std::string place(std::string_view query, size_t offset) {
  size_t line = 1, first = 0;
  for (size_t i = 0; i < offset && i < query.size(); ++i)
    if (query[i] == '\n')
      ++line, first = i + 1;
  return std::to_string(line) + ":" + std::to_string(offset - first + 1);
}

tl::unexpected<error> fail_at(std::string_view query, size_t offset, std::string_view reason) {
  return fail(ec::bad_request, place(query, offset) + ": parse error: " + std::string(reason));
}

token lexer::cut(token_kind kind, size_t length) {
  token t;
  t.kind = kind;
  t.begin = at_;
  t.end = at_ + length;
  t.spelling = query_.substr(at_, length);
  at_ = t.end;
  return t;
}

void lexer::skip_space() {
  while (at_ < query_.size()) {
    if (peek() == '#')
      while (at_ < query_.size() && peek() != '\n')
        ++at_;
    else if (is_space(peek()))
      ++at_;
    else
      break;
  }
}

expected<token> lexer::next() {
  skip_space();
  if (at_ == query_.size())
    return cut(token_kind::end, 0);
  char c = peek();
  if (is_digit(c) || (c == '.' && is_digit(peek(1))))
    return number();
  if (c == '"' || c == '\'' || c == '`')
    return quoted(c);
  bool colons = brackets_ == 0;
  if (is_letter(c) || (colons && c == ':')) {
    size_t length = 1;
    while (is_letter(peek(length)) || is_digit(peek(length)) || (colons && peek(length) == ':'))
      ++length;
    auto t = cut(token_kind::word, length);
    t.text = lower(t.spelling);
    return t;
  }
  for (std::string_view two : {"==", "!=", ">=", "<=", "=~", "!~"})
    if (query_.substr(at_, 2) == two)
      return cut(token_kind::symbol, 2);
  if (std::string_view("+-*/%^=<>(){}[],@:").find(c) != std::string_view::npos) {
    brackets_ += (c == '[') - (c == ']' && brackets_ > 0);
    return cut(token_kind::symbol, 1);
  }
  return fail_at(query_, at_, "unexpected character: '" + std::string(1, c) + "'");
}

expected<token> lexer::number() {
  size_t length = 0;
  bool hex = peek() == '0' && (peek(1) | 0x20) == 'x';
  auto digits = [&](bool (*fits)(char)) {
    while (fits(peek(length)) || peek(length) == '_')
      ++length;
  };
  if (hex) {
    length = 2;
    digits(is_hex);
  } else {
    digits(is_digit);
    if (peek(length) == '.')
      ++length, digits(is_digit);
    if ((peek(length) | 0x20) == 'e') {
      size_t sign = peek(length + 1) == '+' || peek(length + 1) == '-' ? 2 : 1;
      if (is_digit(peek(length + sign)))
        length += sign, digits(is_digit);
    }
  }
  double value = 0;
  if (!is_letter(peek(length)) && !is_digit(peek(length)) &&
      parse_number(query_.substr(at_, length), value)) {
    auto t = cut(token_kind::number, length);
    t.number = value;
    return t;
  }
  while (is_letter(peek(length)) || is_digit(peek(length)))
    ++length;
  auto text = query_.substr(at_, length);
  auto ms = parse_duration(text);
  if (ms < 0)
    return fail_at(query_, at_, "bad number or duration syntax: \"" + std::string(text) + "\"");
  auto t = cut(token_kind::duration, length);
  t.number = static_cast<double>(ms) / 1000;
  return t;
}

expected<token> lexer::quoted(char quote) {
  size_t begin = at_++;
  std::string text;
  while (true) {
    if (at_ >= query_.size())
      return fail_at(query_, begin, "unterminated quoted string");
    char c = query_[at_++];
    if (c == quote)
      break;
    if (quote == '`') {
      if (c != '\r') // As Go reads raw strings.
        text += c;
    } else if (c == '\n') {
      return fail_at(query_, begin, "unterminated quoted string");
    } else if (c != '\\') {
      text += c;
    } else if (!escape(quote, text)) {
      return fail_at(query_, at_, "unknown escape sequence");
    }
  }
  size_t end = at_;
  at_ = begin;
  auto t = cut(token_kind::text, end - begin);
  t.text = std::move(text);
  return t;
}

bool lexer::escape(char quote, std::string& out) {
  static constexpr std::string_view letters = "abfnrtv\\", meant = "\a\b\f\n\r\t\v\\";
  char c = peek();
  if (auto i = letters.find(c); i != std::string_view::npos || c == quote)
    return out += c == quote ? quote : meant[i], ++at_, true;
  size_t count = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  uint32_t code = 0;
  if (count == 0) { // Three octal digits.
    for (int i = 0; i < 3; ++i, ++at_) {
      if (peek() < '0' || peek() > '7')
        return false;
      code = code * 8 + static_cast<uint32_t>(peek() - '0');
    }
    return code < 256 && (out += static_cast<char>(code), true);
  }
  ++at_;
  for (size_t i = 0; i < count; ++i, ++at_) {
    if (!is_hex(peek()))
      return false;
    code = code * 16 + static_cast<uint32_t>(whole_number(query_.substr(at_, 1), 16));
  }
  if (c == 'x')
    return out += static_cast<char>(code), true;
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
    return false;
  return base::append_utf8(out, code), true;
}

} // namespace aops::promql
