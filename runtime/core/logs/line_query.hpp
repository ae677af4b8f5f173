#pragma once

#include "messages/error.hpp"
#include "runtime/core/logs/record.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// The language in which lines are searched:
///
///     query  = all { "OR" all }
///     all    = one { [ "AND" ] one }
///     one    = [ "NOT" | "-" ] ( "(" query ")" | term )
///     term   = [ FIELD ":" ] ( WORD [ "*" ] | '"' TEXT '"' )
///
/// FIELD: `message`, `source`, `program`, `pid`, `host`, `facility`, `severity`, `fields.NAME`;
/// without one a term is looked for in message, source, program and the values of fields. A term is
/// found where its text stands, ASCII letters in either case, and where no word is cut by that;
/// with `*` a word may go on after it. `severity:warning+` is that and worse. See docs/logs.md.
namespace aops::logs {

inline constexpr size_t most_query_bytes = 4096, most_terms = 64, most_query_depth = 16;

/// What a line is judged by.
struct line_view {
  const record& what;
  std::string_view host_id, host_name;
};

/// What lines are like that may match, in terms of what a store may index of them.
struct line_condition {
  enum class kind : uint8_t {
    everything,
    word,     ///< `text` is one of `words_of_line`.
    prefix,   ///< One of those begins with `text`.
    severity, ///< Is from `low` to `high`.
    facility, ///< Is `low`.
    pid,      ///< Is `text`.
    host,     ///< Its id or name has `text` (`has_words`).
    all,
    any,
    none, ///< Does not meet the only part.
  };
  kind what = kind::everything;
  std::string text = {};
  bool may_go_on = false; ///< Of `host`.
  uint8_t low = 0, high = 0;
  std::vector<line_condition> parts = {};
  /// Whether just the lines that meet it match; else some that meet it do not.
  bool is_exact = true;
};

/// A query that reads.
class line_query {
public:
  /// One that every line matches.
  line_query();
  ~line_query();
  line_query(line_query&&) noexcept;
  line_query& operator=(line_query&&) noexcept;

  /// Blanks only: every line. ec::bad_request with `query: column N: …`.
  static expected<line_query> parse(std::string_view text);

  bool matches(const line_view& line) const;
  bool takes_all() const { return !root_; }

  /// What a store that indexes lines can be asked for.
  line_condition condition() const;

  struct node;

private:
  std::unique_ptr<node> root_;
};

/// Calls `take` with each word by which a line is found: those of its texts, and `severity_word`.
void words_of_line(const record& x, const std::function<void(std::string_view)>& take);

/// The word of lines of a severity.
std::string severity_word(uint8_t severity);
/// The word of lines of a host.
std::string host_word(std::string_view host_id);

/// Whether a text has another in it so that no word is cut; ASCII letters in either case.
/// @param needle In lower case.
/// @param may_go_on The last word may be longer.
bool has_words(std::string_view text, std::string_view needle, bool may_go_on);

} // namespace aops::logs
