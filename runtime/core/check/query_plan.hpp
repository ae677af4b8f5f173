#pragma once

#include "runtime/core/check/host_labels.hpp"
#include "runtime/core/check/rule_set.hpp"
#include "runtime/core/promql/engine.hpp"

#include <string>
#include <vector>

namespace aops::check {

/// The plug-in whose conditions are queries.
inline constexpr std::string_view query_plugin = "promql";

inline bool is_query(const check_rule& rule) { return rule.plugin == query_plugin; }

/// A condition in PromQL, and what a host keeps for it.
struct query_plan {
  promql::query query;
  std::vector<compiled_item> items; ///< One for each kind of series that it selects.
  int64_t lookback_ms = 0;          ///< How far back it sees.
};

/// ec::bad_request with line and column when it does not read, or is nothing that can be judged
/// each round: a range or a text, a selector without a name, `@`, a negative offset, no series at
/// all.
expected<query_plan> plan_query(const std::string& condition);

/// The items of a rule, of a query those that it selects; none when it is refused.
std::vector<data_item> items_of(const check_rule& rule);

/// Why a query means something else when each host is judged by itself: `1:1: sum is over all
/// hosts: …`. Empty when it does not. What is counted as other hosts' is what Prometheus would
/// join there.
std::string why_not_per_host(const promql::query& query);

/// Which labels of its host the values of a query have.
host_label_mask host_labels_of(const promql::node& x, const recorded_names& recorded);

} // namespace aops::check
