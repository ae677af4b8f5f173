#pragma once

#include "messages/error.hpp"
#include "runtime/core/promql/matcher.hpp"

#include <memory>
#include <optional>

namespace aops::promql {

/// The type of an expression, as error texts name it.
enum class value_type : uint8_t { scalar, vector, matrix, text };
std::string_view to_string(value_type x);

enum class node_kind : uint8_t {
  number,
  text,
  selector, ///< An instant vector, or with `range_ms` a matrix.
  subquery,
  call,
  aggregate,
  binary,
  unary,
  parens,
};

enum class op : uint8_t {
  add,
  subtract,
  multiply,
  divide,
  modulo,
  power,
  atan2,
  equal,
  not_equal,
  greater,
  less,
  greater_equal,
  less_equal,
  land,
  lor,
  lunless,
};
std::string_view to_string(op x);
inline bool is_comparison(op x) { return x >= op::equal && x <= op::less_equal; }
inline bool is_set(op x) { return x >= op::land; }

enum class aggregation : uint8_t {
  sum,
  avg,
  count,
  min,
  max,
  group,
  stddev,
  stdvar,
  topk,
  bottomk,
  count_values,
  quantile,
};
std::string_view to_string(aggregation x);
inline bool has_parameter(aggregation x) { return x >= aggregation::topk; }

/// What `@` names.
enum class at_point : uint8_t { none, time, start, end };

enum class cardinality : uint8_t { one_to_one, many_to_one, one_to_many, many_to_many };

/// How the sides of a binary operator between vectors find each other.
struct vector_matching {
  cardinality card = cardinality::one_to_one;
  bool on = false; ///< `names` are those that count, not those that do not.
  std::vector<std::string> names;
  std::vector<std::string> include; ///< Copied from the side that is one.
};

/// A function of the language. See functions.cpp.
struct function {
  std::string_view name;
  std::string_view arguments; ///< A letter each: `v`ector, `m`atrix, `s`calar, `t`ext.
  /// How many of the last may be left out; -1: the last may be left out and be repeated.
  int optional = 0;
  value_type returns = value_type::vector;
};

struct node;
using node_ptr = std::unique_ptr<node>;

/// A node of a parsed query. Which members count depends on `kind`.
struct node {
  node_kind kind = node_kind::number;
  value_type type = value_type::scalar;
  size_t begin = 0, end = 0;      ///< Bytes of the query it stands for.
  unsigned depth = 1;             ///< Of the tree below, itself included.
  std::vector<node_ptr> children; ///< Of an aggregation: what it aggregates, then its parameter.

  double number = 0;
  std::string text; ///< Of a text; of a selector, the name it was written with.

  std::vector<matcher> matchers;
  int64_t range_ms = 0, step_ms = 0; ///< `step_ms` 0: the default of the engine.
  int64_t offset_ms = 0;
  at_point at = at_point::none;
  int64_t at_ms = 0;
  bool has_offset = false;

  promql::op op = op::add; ///< Of a unary one, add or subtract.
  bool returns_bool = false;
  vector_matching matching;

  promql::aggregation aggregation = aggregation::sum;
  bool without = false;
  std::vector<std::string> grouping;

  const promql::function* function = nullptr;
};

/// What the parentheses hold.
const node& bare(const node& x);

} // namespace aops::promql
