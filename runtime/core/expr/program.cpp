#include "runtime/core/expr/program.hpp"

#include "runtime/core/expr/compiler.hpp"
#include "runtime/core/expr/parser.hpp"

#include <algorithm>

namespace aops::expr {

namespace {

/// Far beyond what a rule may hold; bounds registers, recursion and the time a compilation takes.
constexpr size_t longest_condition = 32768;

bool same_constant(const cell& a, const cell& b) {
  if (a.what != b.what)
    return false;
  return a.what == kind::text ? a.text() == b.text() : a.bits == b.bits;
}

} // namespace

expected<std::shared_ptr<const program>> program::compile(std::string_view condition,
                                                          const std::vector<data_item>& data_list) {
  if (condition.size() > longest_condition)
    return fail_at(condition, longest_condition, "the condition is longer than 32768 bytes");
  auto tree = parser(condition, data_list).parse();
  if (!tree)
    return fail(tree.error());
  auto code = compiler(condition, *tree, data_list.size()).compile();
  if (!code)
    return fail(code.error());
  std::shared_ptr<program> p(new program);
  p->code_ = std::move(*code);
  p->text_ = print(*tree);
  return p;
}

bool operator==(const program& a, const program& b) {
  const auto &x = a.code_, &y = b.code_;
  return x.code == y.code && x.windows == y.windows && x.members == y.members && x.used == y.used &&
         x.temporaries == y.temporaries && x.item_count == y.item_count &&
         x.lookback_ms == y.lookback_ms && x.lookback_points == y.lookback_points &&
         std::equal(x.constants.begin(),
                    x.constants.end(),
                    y.constants.begin(),
                    y.constants.end(),
                    same_constant);
}

} // namespace aops::expr
