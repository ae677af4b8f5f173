#pragma once

#include "messages/error.hpp"
#include "runtime/core/promql/labels.hpp"

#include <memory>
#include <vector>

namespace re2 {
class RE2;
}

namespace aops::promql {

enum class match_kind : uint8_t { equal, not_equal, regex, not_regex };

/// One condition of a selector on a label; a label that is not there is an empty value.
class matcher {
public:
  /// `ec::bad_request` when `value` should be a regular expression and is none.
  static expected<matcher> make(match_kind kind, std::string name, std::string value);

  bool matches(std::string_view value) const;
  match_kind kind() const { return kind_; }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }
  std::string to_string() const;

private:
  match_kind kind_ = match_kind::equal;
  std::string name_, value_;
  std::shared_ptr<const re2::RE2> regex_;
};

bool matches(const std::vector<matcher>& all, const labels& x);

/// The whole text has to match, and `.` matches line breaks. Null when it is no expression.
std::shared_ptr<const re2::RE2> anchored(std::string_view pattern);

} // namespace aops::promql
