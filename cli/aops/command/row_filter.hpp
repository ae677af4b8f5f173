#pragma once

#include "cli/aops/text/json.hpp"
#include "messages/error.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace aops::cli {

/// Chooses rows of a list: `status=offline,host_group_name!=db,host_name~^web`. All terms must
/// hold.
///
///     expression = term {"," term}
///     term       = field operator value
///     field      = member of a row; of an object a member of it: `labels.device`
///     operator   = "=" | "!=" | "~" | "!~" | "<" | "<=" | ">" | ">="
///     value      = text up to the next comma; in double quotes it may hold commas; there \ goes
///     before " and \ itself.
///
/// `=` compares numbers as numbers and everything else as text; `~` searches a regular expression
/// (RE2). The other four compare numbers, times of columns that are times, else texts. Of a list
/// one element must hold, for `!=` and `!~` all. What a row lacks is the empty text.
class row_filter {
public:
  /// `ec::bad_request` says what is wrong and where.
  static expected<row_filter> parse(std::string_view text);

  /// The rows that match. A field that is neither in `known` nor in any row is `ec::bad_request`
  /// with the near ones; of no rows it is not known.
  expected<json> choose(const json& rows, const std::vector<std::string>& known) const;

private:
  enum class how { equal, unequal, matches, mismatches, less, at_most, more, at_least };
  struct term {
    std::vector<std::string> path;
    how op = how::equal;
    std::string value;
    std::shared_ptr<const re2::RE2> pattern;
    double number = 0; ///< Of an order: what is compared with, when `is_number`.
    bool is_number = false;
  };
  friend class filter_parser;
  static bool holds(const term& x, const json& row);
  static bool holds_for_one(const term& x, const json& value);
  std::vector<term> terms_;
};

} // namespace aops::cli
