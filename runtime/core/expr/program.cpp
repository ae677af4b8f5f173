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
  auto count = data_list.size() + (tree->uses_facts ? fact_names.size() : 0);
  compiler compiling(condition, *tree, count);
  auto code = compiling.compile();
  if (!code)
    return fail(code.error());
  std::shared_ptr<program> p(new program);
  p->computed_comparison_ = compiling.computed_comparison();
  p->code_ = std::move(*code);
  p->text_ = print(*tree);
  return p;
}

expected<void> program::literal_comparisons() const {
  if (!computed_comparison_.empty())
    return fail(ec::bad_request, computed_comparison_);
  return {};
}

namespace {

bool is_comparison(const node& n) {
  return n.kind == node_kind::binary && n.code >= op::less && n.code <= op::not_equal;
}

/// The operands of comparisons below a node that no other comparison contains.
void collect_operands(const syntax_tree& tree, int32_t i, std::vector<int32_t>& to) {
  std::vector<int32_t> todo{i}; // A chain may be as long as the text.
  while (!todo.empty()) {
    const auto& n = tree[todo.back()];
    todo.pop_back();
    if (is_comparison(n)) {
      to.insert(to.end(), {n.parts[0], n.parts[1]});
      continue;
    }
    if (n.kind == node_kind::call)
      continue; // Its arguments are judged inside.
    todo.insert(todo.end(), n.list.rbegin(), n.list.rend());
    for (int part : {2, 1, 0})
      if (n.parts[part] >= 0)
        todo.push_back(n.parts[part]);
  }
}

bool reads_an_item(const program& p) {
  for (size_t i = 0; i < p.item_count(); ++i)
    if (p.uses(i))
      return true;
  return false;
}

} // namespace

std::vector<condition_part> parts_of(std::string_view condition,
                                     const std::vector<data_item>& data_list) {
  if (condition.size() > longest_condition)
    return {};
  auto tree = parser(condition, data_list).parse();
  if (!tree)
    return {};
  std::vector<int32_t> operands;
  collect_operands(*tree, tree->root(), operands);
  std::vector<condition_part> parts;
  auto add = [&](int32_t i, bool is_constant_wanted) {
    auto text = print_part(*tree, i);
    auto same = [&](const condition_part& p) { return p.text == text; };
    if (std::any_of(parts.begin(), parts.end(), same))
      return;
    auto compute = program::compile(text, data_list);
    if (compute && (is_constant_wanted || reads_an_item(**compute)))
      parts.push_back({std::move(text), std::move(*compute)});
  };
  for (auto i : operands)
    add(i, false);
  if (parts.empty())
    add(tree->root(), true);
  return parts;
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
