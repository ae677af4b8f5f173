#pragma once

#include "messages/sample.hpp"

#include <map>
#include <string>
#include <string_view>

/// How people read instances of rules, and what selects them.
namespace aops::check {

/// One label of a `match`, as it is spelled: a value, or an operator and what follows it.
struct label_matcher {
  enum class kind : uint8_t { equal, not_equal, like, unlike };
  kind what = kind::equal;
  std::string_view operand; ///< Of the text it was read from.
};
label_matcher read_matcher(std::string_view text);

/// `disk-full{fstype="ext4",mountpoint="/var"}`; without labels the name alone.
std::string instance_text(std::string_view name, const label_set& labels);

/// The same of a `match`: `disk-full{fstype=~"ext.*"}`.
std::string match_text(std::string_view name, const std::map<std::string, std::string>& match);

} // namespace aops::check
