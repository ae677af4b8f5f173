#pragma once

#include "cli/aops/text/json.hpp"

#include <string>
#include <vector>

namespace aops::cli {

/// What a node of a fault tree shows. `plain`: a tree that was not judged. `missing`: knowledge is
/// lacking.
enum class node_state { plain, is_false, is_true, missing };

/// A node as pictures and texts need it; names and texts are as they came, not yet printable.
struct fault_node {
  std::string name, check_item, msg, condition, description, advice;
  /// What a leaf asks: its check item, or some of its instances: `disk-full{mountpoint="/var"}`.
  std::string asked;
  node_state state = node_state::plain;
  bool is_leaf = false;
  bool is_cause = false; ///< Ends the path of a root cause.
  std::vector<fault_node> children;
};

/// A part of a condition and what it came to over time.
struct judged_part {
  std::string part;
  std::vector<std::pair<double, std::string>> values; ///< Seconds and value.
};

/// When and with what values a check item tripped.
struct evidence_item {
  std::string check_item, condition;
  std::string instance;       ///< `disk-full{mountpoint="/var"}`; empty: the rule has no instances.
  double first = 0, last = 0; ///< Seconds; 0 when there are none.
  std::vector<std::pair<double, std::string>> samples;
  std::vector<judged_part> judged;
  int64_t more_instances = 0; ///< Abnormal, too, and not shown.
  /// From the judged host to the one that has it, a text for each link; empty: it is the same.
  std::vector<std::string> path{};
  const std::string& name() const { return instance.empty() ? check_item : instance; }
};

/// Something nobody could judge, and why.
struct missing_item {
  std::string name; ///< What a leaf asks, or the path of a node that asks nothing.
  std::string reason;
  std::string detail; ///< Why there was no data, or what failed.
};

struct root_cause {
  std::vector<std::string> path; ///< Names from the root.
  std::string description, advice;
  std::vector<std::string> evidence; ///< Check items.
  bool certain = true;
  std::vector<std::string> instances; ///< Of these, the abnormal ones.
};

/// A row of `/diag/report/get`.
struct fault_report {
  std::string host_id, tree_name, task_id, report_id, verdict, error, content_hash, tree_version;
  double start = 0, end = 0;
  bool has_tree = false;
  fault_node root;
  std::vector<root_cause> causes;
  std::vector<std::vector<std::string>> undecided;
  bool undecided_truncated = false;
  std::vector<evidence_item> evidence;
  std::vector<missing_item> missing;
};

/// A tree's content, judged or not. Deeper than 200 levels or without names it is
/// `ec::bad_request`.
expected<fault_node> view_tree(const json& content);

/// A report; one without a tree (the diagnosis could not be made) has `has_tree` false and says why
/// in `error`.
expected<fault_report> view_report(const json& row);

/// What a root cause rests on: evidence, or the names of check items that have none.
std::vector<std::pair<std::string, const evidence_item*>> evidence_of(const root_cause& cause,
                                                                      const fault_report& report);

/// `true`, `false` or `unknown`; from the root's value when the report has no verdict.
std::string verdict_of(const fault_report& report);

} // namespace aops::cli
