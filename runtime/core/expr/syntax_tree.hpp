#pragma once

#include "runtime/core/expr/bytecode.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace aops::expr {

enum class node_kind : uint8_t {
  literal,     ///< `literal`
  item,        ///< `$item`
  unary,       ///< `code` of parts[0]
  binary,      ///< parts[0] `code` parts[1]
  logical_and, ///< parts[0] && parts[1]
  logical_or,
  ternary,    ///< parts[0] ? parts[1] : parts[2]
  membership, ///< pairs in `list`: first `left_pairs` of the left side, key and value in turn
  call,       ///< `$item`.`code`(`range`, `list`...)
};

/// One node; children stand before their parents in the tree. Types are resolved: names are item
/// indexes, windows are ranges.
struct node {
  node_kind kind = node_kind::literal;
  op code = op::done; ///< Operator of unary and binary, function of call, contains or contains_not.
  uint16_t item = 0;
  size_t position = 0; ///< Byte offset in the condition.
  int32_t parts[3] = {-1, -1, -1};
  std::vector<int32_t> list;
  uint32_t left_pairs = 0;
  window_range range;
  value literal;
};

/// A parsed condition. The last node is the whole.
struct syntax_tree {
  std::vector<node> nodes;
  size_t item_count = 0;   ///< Of the `data_list`; facts follow them.
  bool uses_facts = false; ///< Whether any fact is named.
  int32_t root() const { return static_cast<int32_t>(nodes.size()) - 1; }
  const node& operator[](int32_t i) const { return nodes[static_cast<size_t>(i)]; }
};

/// How the language writes an operator or function.
std::string_view spelling(op code);

/// The canonical text of a condition: macros for names, seconds for time windows, no needless
/// parentheses.
std::string print(const syntax_tree& tree);
/// A node of it as users write: windows in the largest unit, `$0` before a dot left out.
std::string print_part(const syntax_tree& tree, int32_t node);

} // namespace aops::expr
