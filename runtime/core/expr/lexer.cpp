#include "runtime/core/expr/lexer.hpp"

#include "runtime/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>

namespace aops::expr {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool starts_name(char c) { return is_letter(c) || c == '_' || c == '$'; }
bool continues_name(char c) { return starts_name(c) || is_digit(c); }

int hex_digit(char c) {
  if (is_digit(c))
    return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct symbol_row {
  std::string_view spelling;
  token_kind kind;
};

// Longer spellings first: the longest match wins.
constexpr std::array symbols = {
  symbol_row{"<<", token_kind::shift_left}, symbol_row{">>", token_kind::shift_right},
  symbol_row{"<=", token_kind::less_equal}, symbol_row{">=", token_kind::greater_equal},
  symbol_row{"==", token_kind::equal},      symbol_row{"!=", token_kind::not_equal},
  symbol_row{"&&", token_kind::and_and},    symbol_row{"||", token_kind::or_or},
  symbol_row{"(", token_kind::left_paren},  symbol_row{")", token_kind::right_paren},
  symbol_row{"{", token_kind::left_brace},  symbol_row{"}", token_kind::right_brace},
  symbol_row{",", token_kind::comma},       symbol_row{".", token_kind::dot},
  symbol_row{":", token_kind::colon},       symbol_row{"?", token_kind::question},
  symbol_row{"+", token_kind::plus},        symbol_row{"-", token_kind::minus},
  symbol_row{"*", token_kind::star},        symbol_row{"/", token_kind::slash},
  symbol_row{"%", token_kind::percent},     symbol_row{"!", token_kind::bang},
  symbol_row{"~", token_kind::tilde},       symbol_row{"<", token_kind::less},
  symbol_row{">", token_kind::greater},     symbol_row{"&", token_kind::ampersand},
  symbol_row{"^", token_kind::caret},       symbol_row{"|", token_kind::pipe},
};

} // namespace

tl::unexpected<error> fail_at(std::string_view condition, size_t offset, std::string_view reason) {
  auto before = condition.substr(0, offset);
  auto line = std::count(before.begin(), before.end(), '\n') + 1;
  auto line_start = before.rfind('\n');
  auto in_line = line_start == std::string_view::npos ? before : before.substr(line_start + 1);
  // Characters, not bytes: continuation bytes do not count.
  auto characters =
    std::count_if(in_line.begin(), in_line.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return fail(ec::bad_request,
              fmt::format("line {}, position {}: {}", line, characters + 1, reason));
}

std::string shown(const token& t) {
  constexpr size_t longest = 40;
  if (t.kind == token_kind::text)
    return "string";
  if (t.spelling.size() <= longest)
    return fmt::format("'{}'", t.spelling);
  return fmt::format("'{}...'", t.spelling.substr(0, longest));
}

int unit_seconds(const token& t) {
  if (t.kind != token_kind::name)
    return 0;
  return t.spelling == "s" ? 1 : t.spelling == "m" ? 60 : t.spelling == "h" ? 3600 : 0;
}

token lexer::cut(token_kind kind, size_t length) {
  token t;
  t.kind = kind;
  t.position = at_;
  t.spelling = input_.substr(at_, length);
  at_ += length;
  return t;
}

expected<token> lexer::next() {
  constexpr std::string_view blanks = " \t\f\r\n";
  at_ = std::min(input_.find_first_not_of(blanks, at_), input_.size());
  if (at_ == input_.size())
    return cut(token_kind::end, 0);
  char c = peek();
  if (is_digit(c) || (c == '.' && is_digit(peek(1))))
    return number();
  if (starts_name(c))
    return word();
  if (c == '\'' || c == '"')
    return string();
  if (c == '#')
    return count_window();
  return symbol();
}

expected<token> lexer::number() {
  size_t i = at_;
  auto at = [&](size_t k) { return k < input_.size() ? input_[k] : '\0'; };
  bool hexadecimal = at(i) == '0' && at(i + 1) == 'x' && hex_digit(at(i + 2)) >= 0;
  bool whole = true;
  auto skip_digits = [&] {
    while (is_digit(at(i)))
      ++i;
  };
  if (hexadecimal) {
    i += 2;
    while (hex_digit(at(i)) >= 0)
      ++i;
  } else {
    skip_digits();
    if (at(i) == '.') {
      whole = false;
      ++i;
      skip_digits();
    }
    size_t sign = at(i + 1) == '+' || at(i + 1) == '-' ? 1 : 0;
    if ((at(i) == 'e' || at(i) == 'E') && is_digit(at(i + 1 + sign))) {
      whole = false;
      i += 1 + sign;
      skip_digits();
    }
  }
  bool unit_follows = (at(i) == 's' || at(i) == 'm' || at(i) == 'h') && !continues_name(at(i + 1));
  if ((continues_name(at(i)) || at(i) == '.') && !unit_follows)
    return fail_at(input_, at_, "malformed number");
  auto t = cut(whole ? token_kind::integer : token_kind::real, i - at_);
  auto digits = t.spelling.substr(hexadecimal ? 2 : 0);
  if (whole) {
    auto [_, problem] = std::from_chars(
      digits.data(), digits.data() + digits.size(), t.integer, hexadecimal ? 16 : 10);
    if (problem == std::errc{})
      return t;
    t.kind = token_kind::real; // Too large for 64 bits.
  }
  // strtod reads hexadecimal too and, unlike from_chars, answers infinity and zero when out of
  // range.
  t.real = std::strtod(std::string(t.spelling).c_str(), nullptr);
  return t;
}

token lexer::word() {
  size_t length = 1;
  while (continues_name(peek(length)))
    ++length;
  auto t = cut(token_kind::name, length);
  auto is = [&](std::string_view a) { return t.spelling == a; };
  if (is("true") || is("True") || is("TRUE")) {
    t.kind = token_kind::boolean;
    t.integer = 1;
  } else if (is("false") || is("False") || is("FALSE")) {
    t.kind = token_kind::boolean;
  } else if (is("null")) {
    t.kind = token_kind::null;
  } else if (is("in")) {
    t.kind = token_kind::in;
  } else if (is("notin")) {
    t.kind = token_kind::notin;
  }
  return t;
}

expected<token> lexer::count_window() {
  size_t length = 1;
  while (is_digit(peek(length)))
    ++length;
  if (length == 1 || peek(1) == '0')
    return fail_at(
      input_, at_, "'#' needs a number of points directly after it, without leading zero");
  auto t = cut(token_kind::count_window, length);
  auto digits = t.spelling.substr(1);
  auto [_, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), t.integer);
  constexpr int64_t most = std::numeric_limits<uint32_t>::max();
  if (problem != std::errc{} || t.integer > most)
    t.integer = most; // No series is longer.
  return t;
}

/// Reads the escape whose backslash is behind `at_`. @return false when it is none: the backslash
/// stays then.
bool lexer::escape(std::string& out) {
  auto hex = [&](size_t from, size_t digits) -> int32_t {
    int32_t point = 0;
    for (size_t i = 0; i < digits; ++i) {
      int d = hex_digit(peek(from + i));
      if (d < 0)
        return -1;
      point = point << 4 | d;
    }
    return point;
  };
  constexpr std::string_view letters = "\\'\"ntr0abfv";
  constexpr std::string_view meanings{"\\'\"\n\t\r\0\a\b\f\v", 11};
  if (auto i = letters.find(peek()); peek() != '\0' && i != std::string_view::npos) {
    out.push_back(meanings[i]);
    ++at_;
    return true;
  }
  if (peek() == 'x') {
    auto point = hex(1, 2);
    if (point < 0)
      return false;
    base::append_utf8(out, static_cast<uint32_t>(point));
    at_ += 3;
    return true;
  }
  if (peek() != 'u')
    return false;
  auto point = hex(1, 4);
  if (point < 0)
    return false;
  at_ += 5;
  if (point >= 0xD800 && point < 0xE000) {
    // A pair of surrogates is one character; half a pair is none.
    int32_t low = peek() == '\\' && peek(1) == 'u' ? hex(2, 4) : -1;
    if (point < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
      at_ += 6;
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    } else {
      point = 0xFFFD;
    }
  }
  base::append_utf8(out, static_cast<uint32_t>(point));
  return true;
}

expected<token> lexer::string() {
  size_t start = at_;
  char quote = peek();
  token t;
  ++at_;
  while (at_ < input_.size()) {
    char c = peek();
    if (c == quote) {
      ++at_;
      t.kind = token_kind::text;
      t.position = start;
      t.spelling = input_.substr(start, at_ - start);
      return t;
    }
    if (c == '\n' || c == '\r')
      return fail_at(input_, at_, "line break in a string; write \\n");
    if (c == '\\') {
      ++at_;
      if (!escape(t.text))
        t.text.push_back('\\');
      continue;
    }
    size_t length = base::utf8_length(input_.substr(at_));
    if (length == 0)
      return fail_at(input_, at_, "a string must be UTF-8");
    t.text.append(input_.substr(at_, length));
    at_ += length;
  }
  return fail_at(input_, start, "the string does not end");
}

expected<token> lexer::symbol() {
  auto rest = input_.substr(at_);
  if (rest.starts_with(">>>"))
    return fail_at(input_, at_, "unknown operator '>>>'");
  for (const auto& row : symbols)
    if (rest.starts_with(row.spelling))
      return cut(row.kind, row.spelling.size());
  char c = rest[0];
  if (c > ' ' && c < '\x7f')
    return fail_at(input_, at_, fmt::format("unexpected character '{}'", c));
  return fail_at(input_, at_, "unexpected character; only strings may hold others than ASCII");
}

} // namespace aops::expr
