#pragma once

#include "cli/aops/text/json.hpp"

#include <string>
#include <vector>

namespace aops::cli {

/// Whether a document holds rule groups of Prometheus.
bool has_rule_groups(const json& content);

/// The rules of a file of rule groups as nodes take them.
struct group_rules {
  json check_items;               ///< In their order.
  std::vector<std::string> notes; ///< What a node does otherwise, by group.
};

/// Alerts and recording rules as check rules with the plug-in `promql`: see
/// docs/reference/rule-files.md#on-a-node. A name that stands several times gets `#2`, `#3`, ….
/// `ec::bad_request` with file, group, rule and field.
expected<group_rules> rules_of_groups(const std::string& name, const json& content);

} // namespace aops::cli
