#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace aops::promql {

enum class token_kind : uint8_t { end, number, duration, text, word, symbol };

struct token {
  token_kind kind = token_kind::end;
  size_t begin = 0, end = 0; ///< Bytes of the query.
  std::string_view spelling; ///< As it stands there.
  double number = 0;         ///< Of a number; of a duration, in seconds.
  std::string text;          ///< Of a text, escapes resolved; of a word, in lower case.

  bool is(std::string_view symbol) const {
    return kind == token_kind::symbol && spelling == symbol;
  }
  bool is_word(std::string_view lower) const { return kind == token_kind::word && text == lower; }
};

/// `ec::bad_request` with `L:C: parse error: reason`; line and column, in bytes, count from 1.
tl::unexpected<error> fail_at(std::string_view query, size_t offset, std::string_view reason);
/// `L:C`.
std::string place(std::string_view query, size_t offset);

/// Cuts a query into tokens.
class lexer {
public:
  explicit lexer(std::string_view query) : query_(query) {}
  /// The next token; `end` again and again once the query is used up.
  expected<token> next();

private:
  void skip_space();
  expected<token> number();
  expected<token> quoted(char quote);
  bool escape(char quote, std::string& out);
  token cut(token_kind kind, size_t length);
  char peek(size_t ahead = 0) const {
    return at_ + ahead < query_.size() ? query_[at_ + ahead] : '\0';
  }

  std::string_view query_;
  size_t at_ = 0;
  int brackets_ = 0; ///< In them a `:` is no part of a name.
};

/// Milliseconds of `1h30m`, each unit once, the greatest first; negative when it is none.
int64_t parse_duration(std::string_view text);
/// A number of the language: decimal, `0x1f`, `1_000`, `Inf`, `NaN`, with a sign. False: none.
bool parse_number(std::string_view text, double& out);
/// A decimal number, as labels have it: `010` is ten.
bool parse_float(std::string_view text, double& out);

} // namespace aops::promql
