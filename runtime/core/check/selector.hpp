#pragma once

#include "messages/error.hpp"
#include "messages/sample.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace re2 {
class RE2;
}

namespace aops::check {

/// Which series of a name belong to an item: every label named must fit. See
/// docs/reference/checks.md#selectors. Immutable; for any number of threads.
class selector {
public:
  /// What patterns of one label may take when compiled, in bytes.
  static constexpr int64_t largest_pattern = 256 * 1024;

  /// @param match Label to `value`, `=value`, `!=value`, `=~pattern` or `!~pattern` (RE2).
  /// @return ec::bad_request `LABEL: reason` for a pattern that is malformed or too large.
  static expected<std::shared_ptr<const selector>>
  compile(const std::map<std::string, std::string>& match);

  /// A pattern must fit the whole value; a label that is absent counts as the empty text.
  bool matches(const label_set& labels) const;
  /// What it was compiled from.
  const std::map<std::string, std::string>& text() const { return text_; }

private:
  struct matcher {
    std::string label;
    std::string value;                       ///< Unless there is a pattern.
    std::shared_ptr<const re2::RE2> pattern; ///< Null: `value` is compared.
    bool is_negated = false;
  };
  std::map<std::string, std::string> text_;
  std::vector<matcher> matchers_;
};

} // namespace aops::check
