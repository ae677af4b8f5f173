#pragma once

#include "runtime/core/promql/lexer.hpp"
#include "runtime/core/promql/parser.hpp"

namespace aops::promql {

/// Recursive descent over one query. Methods that return nothing or null have failed, and why
/// stands in `problem_`.
class parse_state {
public:
  parse_state(std::string_view query, const parse_limits& limits) : query_(query), limits_(limits) {
    lexer_ = lexer(query);
    advance();
  }
  expected<node_ptr> whole();
  expected<node_ptr> whole_selector();

private:
  // parser.cpp
  node_ptr expression(int least);
  node_ptr unary();
  node_ptr postfix();
  node_ptr primary();
  node_ptr word();
  node_ptr call(token name);
  node_ptr aggregate(token name, aggregation kind);
  bool arguments(node& into);
  bool matching(node& n);
  bool grouping(std::vector<std::string>& names);
  bool included(std::vector<std::string>& names);

  // parser_selectors.cpp
  node_ptr selector(token name);
  bool matchers(node& n);
  bool one_matcher(node& n);
  bool name_matcher(node& n, const token& name);
  node_ptr ranged(node_ptr inner);
  bool offset(node& n);
  bool at(node& n);
  bool duration(int64_t& ms, std::string_view where, bool positive);

  // parser_types.cpp
  node_ptr finished(node_ptr n);
  bool check(node& n);
  bool check_call(node& n);
  bool check_aggregate(node& n);
  bool check_binary(node& n);
  bool check_sets(node& n);
  bool expect(const node& n, value_type type, const std::string& where);

  void advance();
  bool take(std::string_view symbol, std::string_view where);
  bool accept(std::string_view symbol);
  bool refuse(size_t offset, std::string_view reason);
  bool unexpected(std::string_view where, std::string_view wanted = {});
  bool leave_out(size_t offset, const std::string& what);
  node_ptr start(node_kind kind, size_t begin) const;

  std::string_view query_;
  parse_limits limits_;
  lexer lexer_{std::string_view()};
  token token_;
  size_t last_end_ = 0; ///< Where the token before ended.
  unsigned nesting_ = 0;
  std::optional<error> problem_;
};

} // namespace aops::promql
