#pragma once

#include "messages/check.hpp"
#include "messages/error.hpp"
#include "runtime/core/expr/lexer.hpp"
#include "runtime/core/expr/syntax_tree.hpp"

#include <string_view>
#include <vector>

namespace aops::expr {

/// Deepest recursion over a condition: parentheses, arguments, branches and pairs count two, unary
/// operators and right operands one. Deeper is refused, so that no stack overflows.
inline constexpr int deepest_nesting = 800;

/// Parses a condition and resolves its names: precedence climbing over the grammar of
/// docs/reference/condition-language.md#grammar, with the checks of an import on the way.
class parser {
public:
  parser(std::string_view condition, const std::vector<data_item>& items)
      : condition_(condition), lexer_(condition), items_(items) {
    tree_.item_count = items.size();
  }
  expected<syntax_tree> parse();

private:
  using index = expected<int32_t>;
  index expression();
  index binary(int lowest);
  index infix(int lowest);
  index unary();
  index primary();
  index literal();
  index named();
  index call(const token& receiver, const token& function);
  index membership();
  expected<void> dict(node& into);
  expected<window_range> window();
  expected<void> more_arguments(node& call, size_t wanted);
  expected<uint16_t> item_of(const token& name);

  expected<void> advance();
  expected<void> expect(token_kind kind, std::string_view what);
  bool at(token_kind kind) const { return current_.kind == kind; }
  tl::unexpected<error> fail_here(std::string_view reason) const;
  tl::unexpected<error> unexpected_token() const;
  int32_t add(node x);

  std::string_view condition_;
  lexer lexer_;
  const std::vector<data_item>& items_;
  token current_;
  syntax_tree tree_;
  int depth_ = 0;
};

} // namespace aops::expr
