#include "runtime/core/promql/parse_state.hpp"

#include <algorithm>
#include <cstdlib>

namespace aops::promql {

namespace {

value_type type_of(char letter) {
  switch (letter) {
  case 'v':
    return value_type::vector;
  case 'm':
    return value_type::matrix;
  case 's':
    return value_type::scalar;
  default:
    return value_type::text;
  }
}

std::string type_name(const node& n) { return std::string(to_string(n.type)); }

} // namespace

/// The node whose children are known: its end, depth and type. Null when it may not be.
node_ptr parse_state::finished(node_ptr n) {
  n->end = last_end_;
  for (const auto& child : n->children)
    n->depth = std::max(n->depth, child->depth + 1);
  if (n->depth > limits_.depth)
    return refuse(n->begin, "the expression is nested too deeply"), nullptr;
  return check(*n) ? std::move(n) : nullptr;
}

bool parse_state::expect(const node& n, value_type type, const std::string& where) {
  return n.type == type || refuse(n.begin,
                                  "expected type " + std::string(to_string(type)) + " in " + where +
                                    ", got " + type_name(n));
}

bool parse_state::check(node& n) {
  switch (n.kind) {
  case node_kind::number:
    n.type = value_type::scalar;
    return true;
  case node_kind::text:
    n.type = value_type::text;
    return true;
  case node_kind::selector:
    n.type = value_type::vector;
    return true;
  case node_kind::parens:
    n.type = n.children[0]->type;
    return true;
  case node_kind::subquery:
    n.type = value_type::matrix;
    return n.children[0]->type == value_type::vector ||
           refuse(n.begin,
                  "subquery is only allowed on instant vector, got " + type_name(*n.children[0]) +
                    " instead");
  case node_kind::unary:
    n.type = n.children[0]->type;
    return n.type == value_type::scalar || n.type == value_type::vector ||
           refuse(n.begin,
                  "unary expression only allowed on expressions of type scalar or instant vector, "
                  "got \"" +
                    type_name(n) + "\"");
  case node_kind::call:
    return check_call(n);
  case node_kind::aggregate:
    return check_aggregate(n);
  case node_kind::binary:
    return check_binary(n);
  }
  return false;
}

bool parse_state::check_call(node& n) {
  const auto& f = *n.function;
  size_t count = n.children.size(), listed = f.arguments.size();
  size_t least = listed - static_cast<size_t>(std::abs(f.optional));
  auto number = [&](std::string_view which, size_t wanted) {
    return refuse(n.begin,
                  "expected " + std::string(which) + std::to_string(wanted) +
                    " argument(s) in call to " + in_quotes(f.name) + ", got " +
                    std::to_string(count));
  };
  if (f.optional == 0 && count != listed)
    return number("", listed);
  if (count < least)
    return number("at least ", least);
  if (f.optional > 0 && count > listed)
    return number("at most ", listed);
  for (size_t i = 0; i < count; ++i)
    if (!expect(*n.children[i],
                type_of(f.arguments[std::min(i, listed - 1)]),
                "call to function " + in_quotes(f.name)))
      return false;
  n.type = f.returns;
  return true;
}

bool parse_state::check_aggregate(node& n) {
  size_t wanted = has_parameter(n.aggregation) ? 2 : 1;
  n.type = value_type::vector;
  if (n.children.size() != wanted)
    return refuse(n.begin,
                  "wrong number of arguments for aggregate expression provided, expected " +
                    std::to_string(wanted) + ", got " + std::to_string(n.children.size()));
  if (!expect(*n.children[0], value_type::vector, "aggregation expression"))
    return false;
  auto parameter =
    n.aggregation == aggregation::count_values ? value_type::text : value_type::scalar;
  return wanted == 1 || expect(*n.children[1], parameter, "aggregation parameter");
}

bool parse_state::check_sets(node& n) {
  for (const auto& side : n.children)
    if (side->type == value_type::scalar)
      return refuse(n.begin,
                    "set operator \"" + std::string(to_string(n.op)) +
                      "\" not allowed in binary scalar expression");
  return true;
}

bool parse_state::check_binary(node& n) {
  bool vectors = true;
  for (const auto& side : n.children) {
    if (side->type != value_type::scalar && side->type != value_type::vector)
      return refuse(side->begin,
                    "binary expression must contain only scalar and instant vector types");
    vectors = vectors && side->type == value_type::vector;
  }
  bool scalars =
    n.children[0]->type == value_type::scalar && n.children[0]->type == n.children[1]->type;
  n.type = scalars ? value_type::scalar : value_type::vector;
  if (scalars && is_comparison(n.op) && !n.returns_bool)
    return refuse(n.begin, "comparisons between scalars must use BOOL modifier");
  if (!vectors && (n.matching.on || !n.matching.names.empty()))
    return refuse(n.begin, "vector matching only allowed between instant vectors");
  return !is_set(n.op) || check_sets(n);
}

} // namespace aops::promql
