#include "runtime/core/expr/parser.hpp"

#include "runtime/core/expr/program.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

namespace aops::expr {

namespace {

struct operator_row {
  token_kind token;
  int level; ///< Higher binds tighter.
  node_kind kind;
  op code;
};

constexpr int equality_level = 6;
constexpr std::array operators = {
  operator_row{token_kind::or_or, 1, node_kind::logical_or, op::done},
  operator_row{token_kind::and_and, 2, node_kind::logical_and, op::done},
  operator_row{token_kind::pipe, 3, node_kind::binary, op::bit_or},
  operator_row{token_kind::caret, 4, node_kind::binary, op::bit_xor},
  operator_row{token_kind::ampersand, 5, node_kind::binary, op::bit_and},
  operator_row{token_kind::equal, equality_level, node_kind::binary, op::equal},
  operator_row{token_kind::not_equal, equality_level, node_kind::binary, op::not_equal},
  operator_row{token_kind::less, 7, node_kind::binary, op::less},
  operator_row{token_kind::greater, 7, node_kind::binary, op::greater},
  operator_row{token_kind::less_equal, 7, node_kind::binary, op::less_equal},
  operator_row{token_kind::greater_equal, 7, node_kind::binary, op::greater_equal},
  operator_row{token_kind::shift_left, 8, node_kind::binary, op::shift_left},
  operator_row{token_kind::shift_right, 8, node_kind::binary, op::shift_right},
  operator_row{token_kind::plus, 9, node_kind::binary, op::add},
  operator_row{token_kind::minus, 9, node_kind::binary, op::sub},
  operator_row{token_kind::star, 10, node_kind::binary, op::mul},
  operator_row{token_kind::slash, 10, node_kind::binary, op::div},
  operator_row{token_kind::percent, 10, node_kind::binary, op::mod},
};

const operator_row* operator_of(token_kind kind) {
  for (const auto& row : operators)
    if (row.token == kind)
      return &row;
  return nullptr;
}

std::optional<op> unary_operator(token_kind kind) {
  switch (kind) {
  case token_kind::plus:
    return op::plus;
  case token_kind::minus:
    return op::minus;
  case token_kind::bang:
    return op::negate;
  case token_kind::tilde:
    return op::invert;
  default:
    return std::nullopt;
  }
}

/// The i of `$i`: decimal, without leading zero.
std::optional<uint64_t> macro_index(std::string_view name) {
  if (name.size() < 2 || name[0] != '$' || (name[1] == '0' && name.size() > 2))
    return std::nullopt;
  uint64_t i = 0;
  for (char c : name.substr(1)) {
    if (c < '0' || c > '9')
      return std::nullopt;
    i = std::min<uint64_t>(i * 10 + static_cast<uint64_t>(c - '0'), 1u << 30);
  }
  return i;
}

/// Counts one level of nesting for as long as it lives.
class nesting {
public:
  explicit nesting(int& depth) : depth_(depth) { ++depth_; }
  ~nesting() { --depth_; }

private:
  int& depth_;
};

} // namespace

tl::unexpected<error> parser::fail_here(std::string_view reason) const {
  return fail_at(condition_, current_.position, reason);
}

tl::unexpected<error> parser::unexpected_token() const {
  if (at(token_kind::end))
    return fail_here("the condition ends too early");
  return fail_here(fmt::format("unexpected {}", shown(current_)));
}

int32_t parser::add(node x) {
  tree_.nodes.push_back(std::move(x));
  return tree_.root();
}

expected<void> parser::advance() {
  auto t = lexer_.next();
  if (!t)
    return fail(t.error());
  current_ = std::move(*t);
  return {};
}

expected<void> parser::expect(token_kind kind, std::string_view what) {
  if (!at(kind))
    return at(token_kind::end) ? fail_here(fmt::format("'{}' is missing", what))
                               : fail_here(fmt::format(
                                   "unexpected {} where '{}' should stand", shown(current_), what));
  return advance();
}

expected<syntax_tree> parser::parse() {
  if (auto ok = advance(); !ok)
    return fail(ok.error());
  if (at(token_kind::end))
    return fail_here("the condition is empty");
  if (auto whole = expression(); !whole)
    return fail(whole.error());
  if (!at(token_kind::end))
    return unexpected_token();
  return std::move(tree_);
}

parser::index parser::expression() {
  nesting level(depth_);
  if (depth_ > deepest_nesting)
    return fail_here("nested too deeply");
  auto condition = binary(1);
  if (!condition || !at(token_kind::question))
    return condition;
  node n;
  n.kind = node_kind::ternary;
  n.position = current_.position;
  n.parts[0] = *condition;
  if (auto ok = advance(); !ok)
    return fail(ok.error());
  for (int branch : {1, 2}) {
    auto x = expression();
    if (!x)
      return x;
    n.parts[branch] = *x;
    if (branch == 2)
      break;
    if (auto ok = expect(token_kind::colon, ":"); !ok)
      return fail(ok.error());
  }
  return add(std::move(n));
}

parser::index parser::binary(int lowest) {
  nesting level(depth_);
  if (depth_ > deepest_nesting)
    return fail_here("nested too deeply");
  return infix(lowest);
}

/// Operands and operators that bind at least as tightly as `lowest`.
parser::index parser::infix(int lowest) {
  // A membership test may only open an equality.
  bool opens_with_dict = at(token_kind::left_brace) && lowest <= equality_level;
  auto left = opens_with_dict ? membership() : unary();
  int highest = opens_with_dict ? equality_level : 10;
  while (left) {
    const auto* row = operator_of(current_.kind);
    if (!row || row->level < lowest || row->level > highest)
      break;
    node n;
    n.kind = row->kind;
    n.code = row->code;
    n.position = current_.position;
    if (auto ok = advance(); !ok)
      return fail(ok.error());
    auto right = binary(row->level + 1);
    if (!right)
      return right;
    n.parts[0] = *left;
    n.parts[1] = *right;
    left = add(std::move(n));
  }
  return left;
}

parser::index parser::unary() {
  auto code = unary_operator(current_.kind);
  if (!code)
    return primary();
  nesting level(depth_);
  if (depth_ > deepest_nesting)
    return fail_here("nested too deeply");
  node n;
  n.kind = node_kind::unary;
  n.code = *code;
  n.position = current_.position;
  if (auto ok = advance(); !ok)
    return fail(ok.error());
  auto operand = unary();
  if (!operand)
    return operand;
  n.parts[0] = *operand;
  return add(std::move(n));
}

parser::index parser::primary() {
  switch (current_.kind) {
  case token_kind::integer:
  case token_kind::real:
  case token_kind::text:
  case token_kind::boolean:
  case token_kind::null:
    return literal();
  case token_kind::name:
    return named();
  case token_kind::left_brace:
    return fail_here("a dict may only stand beside 'in' or 'notin', which need parentheses here");
  case token_kind::count_window:
    return fail_here("a window may only be the first argument of a windowed function");
  case token_kind::left_paren:
    break;
  default:
    return unexpected_token();
  }
  if (auto ok = advance(); !ok)
    return fail(ok.error());
  auto inside = expression();
  if (!inside)
    return inside;
  if (auto ok = expect(token_kind::right_paren, ")"); !ok)
    return fail(ok.error());
  return inside;
}

parser::index parser::literal() {
  node n;
  n.position = current_.position;
  switch (current_.kind) {
  case token_kind::integer:
    n.literal = value::of(current_.integer);
    break;
  case token_kind::real:
    n.literal = value::of(current_.real);
    break;
  case token_kind::text:
    n.literal = value::of(std::move(current_.text));
    break;
  case token_kind::boolean:
    n.literal = value::of(current_.integer != 0);
    break;
  default:
    break;
  }
  bool number = at(token_kind::integer) || at(token_kind::real);
  if (auto ok = advance(); !ok)
    return fail(ok.error());
  if (number && unit_seconds(current_) != 0)
    return fail_here("a time window may only be the first argument of a windowed function");
  return add(std::move(n));
}

parser::index parser::named() {
  auto first = current_;
  if (auto ok = advance(); !ok)
    return fail(ok.error());
  if (at(token_kind::left_paren))
    return call({}, first);
  if (!at(token_kind::dot)) {
    auto item = item_of(first);
    if (!item)
      return fail(item.error());
    node n;
    n.kind = node_kind::item;
    n.position = first.position;
    n.item = *item;
    return add(std::move(n));
  }
  if (auto ok = advance(); !ok)
    return fail(ok.error());
  if (!at(token_kind::name))
    return at(token_kind::end) ? unexpected_token()
                               : fail_here("a function should stand after '.'");
  auto function = current_;
  if (auto ok = advance(); !ok)
    return fail(ok.error());
  if (!at(token_kind::left_paren))
    return fail_at(
      condition_, function.position, fmt::format("{} lacks its arguments", shown(function)));
  return call(first, function);
}

expected<uint16_t> parser::item_of(const token& name) {
  if (auto i = macro_index(name.spelling)) {
    if (*i >= items_.size())
      return fail_at(
        condition_,
        name.position,
        fmt::format("{} is unknown: data_list has {} entries", shown(name), items_.size()));
    return static_cast<uint16_t>(*i);
  }
  std::optional<size_t> found;
  for (size_t i = 0; i < items_.size(); ++i) {
    if (items_[i].name != name.spelling)
      continue;
    if (found)
      return fail_at(condition_,
                     name.position,
                     fmt::format("{} is ambiguous: write ${} or ${}", shown(name), *found, i));
    found = i;
  }
  for (size_t i = 0; i < fact_names.size() && !found; ++i)
    if (fact_names[i] == name.spelling) {
      tree_.uses_facts = true;
      found = items_.size() + i;
    }
  if (!found)
    return fail_at(condition_, name.position, fmt::format("{} is unknown", shown(name)));
  return static_cast<uint16_t>(*found);
}

} // namespace aops::expr
