#include "runtime/core/promql/syntax.hpp"

#include <array>

namespace aops::promql {

std::string_view to_string(value_type x) {
  static constexpr std::array<std::string_view, 4> names = {
    "scalar", "instant vector", "range vector", "string"};
  return names[static_cast<size_t>(x)];
}

std::string_view to_string(op x) {
  static constexpr std::array<std::string_view, 16> names = {
    "+", "-", "*", "/", "%", "^", "atan2", "==", "!=", ">", "<", ">=", "<=", "and", "or", "unless"};
  return names[static_cast<size_t>(x)];
}

std::string_view to_string(aggregation x) {
  static constexpr std::array<std::string_view, 12> names = {"sum",
                                                             "avg",
                                                             "count",
                                                             "min",
                                                             "max",
                                                             "group",
                                                             "stddev",
                                                             "stdvar",
                                                             "topk",
                                                             "bottomk",
                                                             "count_values",
                                                             "quantile"};
  return names[static_cast<size_t>(x)];
}

const node& bare(const node& x) {
  const auto* n = &x;
  while (n->kind == node_kind::parens)
    n = n->children[0].get();
  return *n;
}

} // namespace aops::promql
