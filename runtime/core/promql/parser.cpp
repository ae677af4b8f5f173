#include "runtime/core/promql/functions.hpp"
#include "runtime/core/promql/parse_state.hpp"

#include <array>
#include <limits>

namespace aops::promql {

namespace {

struct binary_op {
  std::string_view spelling;
  promql::op op;
  int precedence;
};

constexpr int of_unary = 5, of_power = 6;

constexpr std::array binary_ops = {
  binary_op{"or", op::lor, 1},
  binary_op{"and", op::land, 2},
  binary_op{"unless", op::lunless, 2},
  binary_op{"==", op::equal, 3},
  binary_op{"!=", op::not_equal, 3},
  binary_op{">", op::greater, 3},
  binary_op{"<", op::less, 3},
  binary_op{">=", op::greater_equal, 3},
  binary_op{"<=", op::less_equal, 3},
  binary_op{"+", op::add, 4},
  binary_op{"-", op::subtract, 4},
  binary_op{"*", op::multiply, of_unary},
  binary_op{"/", op::divide, of_unary},
  binary_op{"%", op::modulo, of_unary},
  binary_op{"atan2", op::atan2, of_unary},
  binary_op{"^", op::power, of_power},
};

const binary_op* binary_of(const token& t) {
  for (const auto& x : binary_ops)
    if (t.is(x.spelling) || t.is_word(x.spelling))
      return &x;
  return nullptr;
}

std::optional<aggregation> aggregation_of(const token& t) {
  for (int i = 0; i <= static_cast<int>(aggregation::quantile); ++i)
    if (t.is_word(to_string(static_cast<aggregation>(i))))
      return static_cast<aggregation>(i);
  return std::nullopt;
}

} // namespace

void parse_state::advance() {
  last_end_ = token_.end;
  auto t = lexer_.next();
  if (t) {
    token_ = std::move(*t);
    return;
  }
  if (!problem_)
    problem_ = t.error();
  token_ = {};
  token_.begin = token_.end = query_.size();
}

bool parse_state::refuse(size_t offset, std::string_view reason) {
  if (!problem_)
    problem_ = fail_at(query_, offset, reason).value();
  return false;
}

bool parse_state::leave_out(size_t offset, const std::string& what) {
  if (!problem_)
    problem_ = fail_at(query_, offset, std::string(left_out) + what).value();
  return false;
}

bool parse_state::unexpected(std::string_view where, std::string_view wanted) {
  auto reason =
    "unexpected " + (token_.kind == token_kind::end ? std::string("end of input")
                                                    : in_quotes(token_.spelling.substr(0, 60)));
  if (!where.empty())
    reason += " in " + std::string(where);
  if (!wanted.empty())
    reason += ", expected " + std::string(wanted);
  return refuse(token_.begin, reason);
}

bool parse_state::accept(std::string_view symbol) {
  if (!token_.is(symbol))
    return false;
  advance();
  return true;
}

bool parse_state::take(std::string_view symbol, std::string_view where) {
  return accept(symbol) || unexpected(where, "\"" + std::string(symbol) + "\"");
}

node_ptr parse_state::start(node_kind kind, size_t begin) const {
  auto n = std::make_unique<node>();
  n->kind = kind;
  n->begin = begin;
  return n;
}

expected<node_ptr> parse_state::whole() {
  if (query_.size() > limits_.length)
    return fail(ec::bad_request, "the query is longer than " + std::to_string(limits_.length));
  if (!problem_ && token_.kind == token_kind::end)
    refuse(0, "no expression found in input");
  auto n = problem_ ? nullptr : expression(0);
  if (n && !problem_ && token_.kind != token_kind::end)
    unexpected("");
  if (problem_)
    return fail(*problem_);
  return n;
}

/// Precedence climbing: what binds at least as tightly as `least`.
node_ptr parse_state::expression(int least) {
  if (++nesting_ > limits_.depth)
    return refuse(token_.begin, "the expression is nested too deeply"), nullptr;
  auto left = unary();
  for (const binary_op* found = nullptr; left && !problem_;) {
    found = binary_of(token_);
    if (!found || found->precedence < least)
      break;
    advance();
    auto n = start(node_kind::binary, left->begin);
    n->op = found->op;
    if (!matching(*n))
      return nullptr;
    bool from_right = found->precedence == of_power;
    auto right = expression(found->precedence + (from_right ? 0 : 1));
    if (!right)
      return nullptr;
    n->children.push_back(std::move(left));
    n->children.push_back(std::move(right));
    left = finished(std::move(n));
  }
  --nesting_;
  return problem_ ? nullptr : std::move(left);
}

node_ptr parse_state::unary() {
  if (!token_.is("+") && !token_.is("-"))
    return postfix();
  auto n = start(node_kind::unary, token_.begin);
  n->op = token_.is("-") ? op::subtract : op::add;
  advance();
  // As tight as a product: -2^2 is -(2^2).
  auto inner = expression(of_power);
  if (!inner)
    return nullptr;
  n->children.push_back(std::move(inner));
  return finished(std::move(n));
}

node_ptr parse_state::postfix() {
  auto n = primary();
  while (n && !problem_) {
    if (token_.is("[")) {
      n = ranged(std::move(n));
    } else if (token_.is_word("offset")) {
      if (!offset(*n))
        return nullptr;
    } else if (token_.is("@")) {
      if (!at(*n))
        return nullptr;
    } else if (token_.is_word("anchored") || token_.is_word("smoothed")) {
      return leave_out(token_.begin, "the experimental modifier " + token_.text), nullptr;
    } else {
      break;
    }
  }
  return problem_ ? nullptr : std::move(n);
}

node_ptr parse_state::primary() {
  size_t begin = token_.begin;
  switch (token_.kind) {
  case token_kind::number:
  case token_kind::duration: {
    auto n = start(node_kind::number, begin);
    n->number = token_.number;
    advance();
    return finished(std::move(n));
  }
  case token_kind::text: {
    auto n = start(node_kind::text, begin);
    n->text = token_.text;
    advance();
    return finished(std::move(n));
  }
  case token_kind::word:
    return word();
  default:
    break;
  }
  if (token_.is("{"))
    return selector({});
  if (!accept("("))
    return unexpected("", "an expression"), nullptr;
  auto n = start(node_kind::parens, begin);
  auto inner = expression(0);
  if (!inner || !take(")", "parentheses"))
    return nullptr;
  n->children.push_back(std::move(inner));
  return finished(std::move(n));
}

/// A number, a call, an aggregation or a metric, by what the word is and what follows.
node_ptr parse_state::word() {
  auto name = token_;
  if (name.text == "inf" || name.text == "nan") {
    auto n = start(node_kind::number, name.begin);
    parse_number(name.text, n->number);
    advance();
    return finished(std::move(n));
  }
  for (std::string_view reserved : {"bool", "on", "ignoring", "group_left", "group_right"})
    if (name.is_word(reserved))
      return unexpected("", "an expression"), nullptr;
  advance();
  bool opens = token_.is("(");
  if ((name.text == "limitk" || name.text == "limit_ratio") &&
      (opens || token_.is_word("by") || token_.is_word("without")))
    return leave_out(name.begin, "the experimental aggregation " + name.text), nullptr;
  if (auto kind = aggregation_of(name);
      kind && (opens || token_.is_word("by") || token_.is_word("without")))
    return aggregate(name, *kind);
  return opens ? call(name) : selector(name);
}

bool parse_state::arguments(node& into) {
  if (!take("(", "a call"))
    return false;
  if (accept(")"))
    return true;
  while (true) {
    auto argument = expression(0);
    if (!argument)
      return false;
    into.children.push_back(std::move(argument));
    if (accept(")"))
      return true;
    size_t comma = token_.begin;
    if (!take(",", "the arguments of a call"))
      return false;
    if (token_.is(")"))
      return refuse(comma, "trailing commas not allowed in function call args");
  }
}

node_ptr parse_state::call(token name) {
  auto n = start(node_kind::call, name.begin);
  n->function = find_function(name.spelling);
  if (!n->function && is_experimental(name.spelling))
    return leave_out(name.begin, "the experimental function " + in_quotes(name.spelling)), nullptr;
  if (!n->function)
    return refuse(name.begin, "unknown function with name " + in_quotes(name.spelling)), nullptr;
  if (!arguments(*n))
    return nullptr;
  return finished(std::move(n));
}

node_ptr parse_state::aggregate(token name, aggregation kind) {
  auto n = start(node_kind::aggregate, name.begin);
  n->aggregation = kind;
  auto modifier = [&] {
    if (!token_.is_word("by") && !token_.is_word("without"))
      return true;
    n->without = token_.is_word("without");
    advance();
    return grouping(n->grouping);
  };
  bool before = token_.is_word("by") || token_.is_word("without");
  if (!modifier() || !arguments(*n) || (!before && !modifier()))
    return nullptr;
  if (n->children.size() == 2)
    std::swap(n->children[0], n->children[1]); // What is aggregated first.
  return finished(std::move(n));
}

bool parse_state::matching(node& n) {
  auto& m = n.matching;
  if (is_set(n.op))
    m.card = cardinality::many_to_many;
  if (token_.is_word("bool")) {
    if (!is_comparison(n.op))
      return refuse(token_.begin, "bool modifier can only be used on comparison operators");
    n.returns_bool = true;
    advance();
  }
  if (token_.is_word("on") || token_.is_word("ignoring")) {
    m.on = token_.is_word("on");
    advance();
    if (!grouping(m.names))
      return false;
    if (token_.is_word("group_left") || token_.is_word("group_right")) {
      if (is_set(n.op))
        return refuse(token_.begin,
                      "no grouping allowed for \"" + std::string(to_string(n.op)) + "\" operation");
      m.card = token_.is_word("group_left") ? cardinality::many_to_one : cardinality::one_to_many;
      advance();
      if (!included(m.include))
        return false;
    }
  }
  for (std::string_view word : {"fill", "fill_left", "fill_right"})
    if (token_.is_word(word))
      return leave_out(token_.begin, "the experimental modifier " + token_.text);
  for (const auto& name : m.include)
    for (const auto& other : m.names)
      if (m.on && name == other)
        return refuse(
          n.begin, "label " + in_quotes(name) + " must not occur in ON and GROUP clause at once");
  return true;
}

/// The labels of `group_left` may be left out; then a parenthesis begins the right side.
bool parse_state::included(std::vector<std::string>& names) {
  return !token_.is("(") || grouping(names);
}

bool parse_state::grouping(std::vector<std::string>& names) {
  if (!take("(", "grouping opts"))
    return false;
  while (!accept(")")) {
    bool plain = token_.kind == token_kind::word && is_plain_name(token_.spelling);
    if (!plain && token_.kind != token_kind::text)
      return unexpected("grouping opts", "label");
    auto name = plain ? std::string(token_.spelling) : token_.text;
    if (name.empty() || !is_utf8(name))
      return refuse(token_.begin, "invalid label name for grouping: " + in_quotes(name));
    names.push_back(std::move(name));
    advance();
    if (!token_.is(")") && !take(",", "grouping opts"))
      return false;
  }
  return true;
}

expected<node_ptr> parse(std::string_view query, const parse_limits& limits) {
  return parse_state(query, limits).whole();
}

} // namespace aops::promql
