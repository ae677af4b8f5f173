#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace aops::fault {

/// A branch's condition, compiled: names of children are indexes. Operators `!` before `&&` before
/// `||`, parentheses. See docs/reference/diagnosis.md#conditions.
struct condition {
  struct operand {
    uint32_t index = 0; ///< Of a child, or of a group.
    bool is_group = false;
    bool is_negated = false;
  };
  struct group {
    uint32_t begin = 0, end = 0; ///< Its operands.
    bool is_or = false;
  };
  /// Where a child's name stands in the text, in bytes.
  struct name_place {
    size_t begin = 0, size = 0;
    uint32_t child = 0;
  };

  std::vector<operand> operands;
  std::vector<group>
    groups; ///< A group's operands stand before it; the last one is the whole condition.
  std::vector<name_place> names;
  /// `a || b && c` without parentheses, which A-Ops read from left to right: worth a warning.
  bool mixes_operators = false;

  /// The value for known truths of the children.
  bool value(std::span<const bool> children) const;
};

/// Child names and their indexes.
using name_index = std::unordered_map<std::string_view, uint32_t>;

/// @return ec::bad_request with the reason and the character's position when the text is empty,
/// malformed, nested deeper than 500 parentheses, or names an unknown child.
expected<condition> parse_condition(std::string_view text, const name_index& children);

} // namespace aops::fault
