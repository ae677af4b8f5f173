#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace aops::expr {

enum class token_kind : uint8_t {
  end,
  integer,
  real,
  text,
  boolean,
  null,
  name,
  count_window, ///< `#N`; N in `integer`
  left_paren,
  right_paren,
  left_brace,
  right_brace,
  comma,
  dot,
  colon,
  question,
  or_or,
  and_and,
  pipe,
  caret,
  ampersand,
  equal,
  not_equal,
  less,
  greater,
  less_equal,
  greater_equal,
  shift_left,
  shift_right,
  plus,
  minus,
  star,
  slash,
  percent,
  bang,
  tilde,
  in,
  notin,
};

struct token {
  token_kind kind = token_kind::end;
  size_t position = 0;       ///< Byte offset of its first character.
  std::string_view spelling; ///< As it stands in the condition.
  int64_t integer = 0;       ///< Of integer, boolean (0, 1) and count_window.
  double real = 0;           ///< Of real.
  std::string text;          ///< Of text, escapes resolved.
};

/// `ec::bad_request` with `line L, position P: reason`, both counted from 1 in characters.
tl::unexpected<error> fail_at(std::string_view condition, size_t offset, std::string_view reason);

/// A token as an error text shows it: short, and no user's string.
std::string shown(const token& t);

/// Seconds of one `s`, `m` or `h`; 0 for any other token.
int unit_seconds(const token& t);

/// Cuts a condition into tokens. See docs/reference/condition-language.md#tokens.
class lexer {
public:
  explicit lexer(std::string_view condition) : input_(condition) {}
  /// The next token; `end` again and again once the input is used up.
  expected<token> next();

private:
  expected<token> number();
  expected<token> string();
  expected<token> count_window();
  expected<token> symbol();
  token word();
  token cut(token_kind kind, size_t length);
  bool escape(std::string& out);
  char peek(size_t ahead = 0) const {
    return at_ + ahead < input_.size() ? input_[at_ + ahead] : '\0';
  }

  std::string_view input_;
  size_t at_ = 0;
};

} // namespace aops::expr
