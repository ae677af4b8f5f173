#pragma once

#include "runtime/core/promql/syntax.hpp"

namespace aops::promql {

/// Bounds of what a query may be.
struct parse_limits {
  unsigned depth = 200;    ///< Nodes from the root to the deepest.
  size_t length = 1 << 16; ///< Bytes.
};

/// Parses a query and checks its types. `ec::bad_request` with `line:column: parse error: reason`.
expected<node_ptr> parse(std::string_view query, const parse_limits& limits = {});

/// The labels of `name{a="b"}`, as test scripts and rule tests write series.
expected<labels> parse_metric(std::string_view text);

/// The matchers of a selector, as the query API takes them in `match[]`.
expected<std::vector<matcher>> parse_selector(std::string_view text);

/// What begins the text of an error about a part of the language that is left out on purpose.
inline constexpr std::string_view left_out = "not supported: ";

} // namespace aops::promql
