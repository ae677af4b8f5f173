#pragma once

#include "messages/describe.hpp"
#include "messages/error.hpp"
#include "messages/paging.hpp"
#include "messages/sample.hpp"
#include "messages/values.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace aops {

/// Entry i of a rule's `data_list` is `$i` in its condition. See docs/reference/checks.md#rules.
struct data_item {
  std::string name;         ///< Metric or log name.
  std::string type = "kpi"; ///< `kpi` or `log`.
  label_set
    label; ///< All labels of the series except `__name__`, `instance`, `job`; ignored for logs.
  /// Instead of `label`: which series of the name belong to the rule. Label name to a value, or to
  /// `!=value`, `=~pattern`, `!~pattern`, `=value` (RE2, whole value); an absent label is the empty
  /// text. An empty map takes all series of the name.
  maybe<std::map<std::string, std::string>> match = {};
  std::string agg = {};                    ///< `sum|avg|min|max|count` of the series matched.
  maybe<std::vector<std::string>> by = {}; ///< With `agg`: one series for each value of these.
  maybe<std::vector<std::string>> on = {}; ///< Joins `$0` on these labels only,
  maybe<std::vector<std::string>> ignoring = {}; ///< or on all they share but these.
  friend bool operator==(const data_item&, const data_item&) = default;
};
#define AOPS_FIELDS_data_item(F)                                                                   \
  F(name, required().text(1, 256), "Metric or log name.")                                          \
  F(type, optional_field().one_of("kpi|log"), "`kpi` (default) or `log`.")                         \
  F(label,                                                                                         \
    optional_field().items(0, 64).text(0, 1024).blank_ok(),                                        \
    "All labels of the series except `__name__`, `instance`, `job`.")                              \
  F(match,                                                                                         \
    optional_field().items(0, 64).text(0, 1024).blank_ok().additive(),                             \
    "Instead of `label`: labels to a value, or `!=value`, `=~pattern`, `!~pattern` (RE2).")        \
  F(agg,                                                                                           \
    optional_field().one_of("|sum|avg|min|max|count").additive(),                                  \
    "One value of all series that match.")                                                         \
  F(by,                                                                                            \
    optional_field().items(0, 64).text(1, 1024).additive(),                                        \
    "With `agg`: one per these labels.")                                                           \
  F(on, optional_field().items(0, 64).text(1, 1024).additive(), "Labels that must equal `$0`'s.")  \
  F(ignoring, optional_field().items(0, 64).text(1, 1024).additive(), "Labels that need not.")
AOPS_MESSAGE(data_item)

/// What a host is judged by. Key: (owner, check_item).
struct check_rule {
  std::string check_item;
  std::vector<data_item> data_list; ///< At least one; unique (name, label). Of `promql` none.
  std::string condition;            ///< See docs/reference/condition-language.md.
  std::string description;
  /// Empty: the condition language; `promql`: the condition is a query; `seasonal`, or a program of
  /// the configuration: the condition has parameters.
  std::string plugin;
  std::string severity = "warning";                ///< `info`, `warning`, `critical`.
  maybe<std::vector<std::string>> host_group_list; ///< Absent: all hosts of the owner.
  /// How long the condition must hold without a break before it is `Abnormal`, such as `5m`.
  std::string for_ = {};
  std::string keep_firing_for = {}; ///< How long it stays `Abnormal` after it held last.
  std::string recover = {};         ///< A condition; until it holds, what is `Abnormal` stays so.
  std::string no_data = {};         ///< `keep|alert|ignore`; empty: a row `No data`, no alert.
  std::string flapping = {};        ///< `on|off`; empty: as `check.flapping` says.
  // Of `promql`. Texts with templates, see docs/reference/rule-files.md#templates.
  label_set labels = {};        ///< Told with alerts, beside those of the instance.
  label_set annotations = {};   ///< Told with alerts.
  std::string record = {};      ///< Name of the series it records; then it has no verdicts.
  std::string group = {};       ///< Rule group it comes from.
  maybe<int64_t> position = {}; ///< In the group: rules that record are evaluated in this order.
  friend bool operator==(const check_rule&, const check_rule&) = default;
};
#define AOPS_FIELDS_check_rule(F)                                                                  \
  F(check_item, required().text(1, 256), "Name; the key for update, delete and fault trees.")      \
  F(data_list,                                                                                     \
    required().items(0, 64),                                                                       \
    "Entry i is `$i` in the condition; none with the plug-in `promql`.")                           \
  F(condition, required().text(1, 4096), "Expression, evaluated at each point of `$0`.")           \
  F(description, optional_field().text(0, 1024).blank_ok(), "Free text.")                          \
  F(plugin,                                                                                        \
    optional_field().text(0, 64).blank_ok(),                                                       \
    "What judges: empty: the condition language; `promql`: the condition is a query; `seasonal`; " \
    "or "                                                                                          \
    "a name of `[plugins.NAME]`: the condition has its parameters.")                               \
  F(severity, optional_field().one_of("info|warning|critical"), "Copied into results.")            \
  F(host_group_list,                                                                               \
    optional_field().items(0, 256).text(1, 50).additive(),                                         \
    "Only hosts of these groups; absent: all.")                                                    \
  F(for_, optional_field().text(1, 32).additive(), "Hold so long before it is `Abnormal`: `5m`.")  \
  F(keep_firing_for, optional_field().text(1, 32).additive(), "Stay `Abnormal` so much longer.")   \
  F(recover,                                                                                       \
    optional_field().text(1, 4096).additive(),                                                     \
    "Condition; what is `Abnormal` stays so until it holds.")                                      \
  F(no_data,                                                                                       \
    optional_field().one_of("keep|alert|ignore").additive(),                                       \
    "Without data: keep the verdict, alert, or say nothing; absent: a row `No data`.")             \
  F(flapping,                                                                                      \
    optional_field().one_of("on|off").additive(),                                                  \
    "Whether what changes all the time is told once; absent: as `check.flapping` says.")           \
  F(labels,                                                                                        \
    optional_field().items(0, 64).text(0, 4096).blank_ok().additive(),                             \
    "Of `promql`: labels told with alerts; texts with templates.")                                 \
  F(annotations,                                                                                   \
    optional_field().items(0, 64).text(0, 16384).blank_ok().additive(),                            \
    "Of `promql`: texts with templates, told with alerts.")                                        \
  F(record,                                                                                        \
    optional_field().text(1, 256).additive(),                                                      \
    "Of `promql`: its values are stored as series of this name; it has no results.")               \
  F(group, optional_field().text(1, 256).additive(), "Rule group of Prometheus it comes from.")    \
  F(position,                                                                                      \
    optional_field().range(0, 100'000).additive(),                                                 \
    "In the group; rules that record are evaluated in this order.")
AOPS_MESSAGE(check_rule)

// -- rules

/// POST /check/rule/import. The rules are decoded one by one, so that one bad rule fails alone.
struct rules_to_import {
  std::vector<check_rule> check_items;
};
#define AOPS_FIELDS_rules_to_import(F)                                                             \
  F(check_items, required().items(1, 1000), "Rules; an existing name is replaced.")
AOPS_MESSAGE(rules_to_import)

/// The same name twice makes the whole request wrong: which one would be meant?
inline expected<void> validate_message(const rules_to_import& x) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < x.check_items.size(); ++i)
    if (!names.insert(x.check_items[i].check_item).second)
      return fail(ec::bad_request,
                  "check_items[" + std::to_string(i) +
                    "].check_item: appears twice in this request");
  return {};
}

struct rules_imported {
  int64_t code = 200; ///< 206 some failed, 1000 all illegal, 1102 none stored.
  std::vector<std::string> succeed_list, update_list, fail_list;
  std::map<std::string, std::string> fail_reasons;
  std::map<std::string, std::vector<std::string>> warnings = {}; ///< Of rules that were stored.
};
#define AOPS_FIELDS_rules_imported(F)                                                              \
  F(code, internal(), "")                                                                          \
  F(succeed_list, required(), "New rules.")                                                        \
  F(update_list, required(), "Replaced rules.")                                                    \
  F(fail_list, required(), "Refused rules.")                                                       \
  F(fail_reasons, required().additive(), "Name of a refused rule to position and reason.")         \
  F(warnings, required().additive(), "Name of a stored rule to what is odd about it.")
AOPS_MESSAGE(rules_imported)

/// POST /check/rule/get
struct rules_query {
  std::vector<std::string> check_items;
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_rules_query(F)                                                                 \
  F(check_items, required(), "Names; empty: all.")                                                 \
  AOPS_PAGING_FIELDS(F, "|check_item", 50)
AOPS_MESSAGE(rules_query)

struct rules_page {
  AOPS_TOTAL_MEMBERS
  std::vector<check_rule> check_items;
};
#define AOPS_FIELDS_rules_page(F) AOPS_TOTAL_FIELDS(F) F(check_items, required(), "Rules.")
AOPS_MESSAGE(rules_page)

/// DELETE /check/rule/delete
struct rules_to_delete {
  std::vector<std::string> check_items;
};
#define AOPS_FIELDS_rules_to_delete(F)                                                             \
  F(check_items, required(), "Names; unknown ones are ignored.")
AOPS_MESSAGE(rules_to_delete)

struct count_rules {};
#define AOPS_FIELDS_count_rules(F)
AOPS_MESSAGE(count_rules)

struct rules_counted {
  int64_t rule_count = 0;
};
#define AOPS_FIELDS_rules_counted(F) F(rule_count, required(), "Rules of the caller.")
AOPS_MESSAGE(rules_counted)

// -- results

/// POST /check/result/get
struct results_query {
  std::vector<moment> time_range;
  std::vector<std::string> check_items, host_list;
  maybe<std::string> value;
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_results_query(F)                                                               \
  F(time_range, required().items(0, 2), "Empty: all; else start and end, overlap counts.")         \
  F(check_items, required().also("chcek_items"), "Rule names; empty: all.")                        \
  F(host_list, required(), "Host ids; empty: all.")                                                \
  F(value, optional_field().one_of("Abnormal|No data|Internal error"), "Only this value.")         \
  AOPS_PAGING_FIELDS(F, "|start|end|check_item", 50)
AOPS_MESSAGE(results_query)

struct check_result {
  std::string host_id;
  std::vector<data_item> data_list;
  moment start, end;
  std::string check_item, condition, value, description, severity;
  maybe<std::vector<std::string>> host_group_list;
  label_set labels = {};   ///< Of the instance; empty when the rule has one only.
  std::string reason = {}; ///< Why it is not `Abnormal`.
};
#define AOPS_FIELDS_check_result(F)                                                                \
  F(host_id, required(), "Host.")                                                                  \
  F(data_list, required(), "Copy of the rule's.")                                                  \
  F(start, required().as("fractional"), "First moment.")                                           \
  F(end, required().as("fractional"), "Last moment.")                                              \
  F(check_item, required(), "Rule.")                                                               \
  F(condition, required(), "Copy of the rule's.")                                                  \
  F(value, required(), "`Abnormal`, `No data` or `Internal error`.")                               \
  F(description, required(), "Copy of the rule's.")                                                \
  F(severity, required().additive(), "Copy of the rule's.")                                        \
  F(host_group_list, optional_field().additive(), "Copy of the rule's.")                           \
  F(labels, required().additive(), "Labels of the instance, of rules with several.")               \
  F(reason, required().additive(), "Why there is no data, or what failed.")
AOPS_MESSAGE(check_result)

struct results_page {
  AOPS_TOTAL_MEMBERS
  std::vector<aops::check_result> check_result;
};
#define AOPS_FIELDS_results_page(F) AOPS_TOTAL_FIELDS(F) F(check_result, required(), "Results.")
AOPS_MESSAGE(results_page)

/// POST /check/result/count
struct result_count_query {
  std::vector<std::string> host_list;
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_result_count_query(F)                                                          \
  F(host_list, required(), "Host ids; empty: all.")                                                \
  AOPS_PAGING_FIELDS(F, "|count", 50)
AOPS_MESSAGE(result_count_query)

struct result_count {
  std::string host_id;
  int64_t count = 0;
};
#define AOPS_FIELDS_result_count(F)                                                                \
  F(host_id, required(), "Host.")                                                                  \
  F(count, required(), "Its `Abnormal` results.")
AOPS_MESSAGE(result_count)

struct result_counts_page {
  AOPS_TOTAL_MEMBERS
  std::vector<result_count> results;
};
#define AOPS_FIELDS_result_counts_page(F)                                                          \
  AOPS_TOTAL_FIELDS(F) F(results, required(), "Hosts without any are not listed.")
AOPS_MESSAGE(result_counts_page)

// -- explicit checks

/// POST /check/execute
struct check_to_execute {
  std::vector<std::string> host_list;
  std::vector<moment> time_range;
  maybe<std::vector<std::string>> check_items;
};
#define AOPS_FIELDS_check_to_execute(F)                                                            \
  F(host_list, required().items(1, 10000).text(1, 64), "Host ids.")                                \
  F(time_range, required().items(2, 2), "Start and end.")                                          \
  F(check_items, optional_field(), "Rule names; empty or absent: all.")
AOPS_MESSAGE(check_to_execute)

struct check_started {
  int64_t code = 200;
  std::string task_id;
  int64_t expected_result_num = 0;
  std::vector<std::string> ignored_hosts, ignored_items;
};
#define AOPS_FIELDS_check_started(F)                                                               \
  F(code, internal(), "")                                                                          \
  F(task_id, required(), "Task.")                                                                  \
  F(expected_result_num, required(), "Host and item pairs.")                                       \
  F(ignored_hosts, required().additive(), "Unknown hosts.")                                        \
  F(ignored_items, required().additive(), "Unknown rules.")
AOPS_MESSAGE(check_started)

/// POST /check/rule/test: judges a rule on a host's stored samples; stores nothing.
struct rule_to_test {
  check_rule rule;
  std::string host_id;
  std::vector<moment> time_range;
};
#define AOPS_FIELDS_rule_to_test(F)                                                                \
  F(rule, required(), "The rule.")                                                                 \
  F(host_id, required().text(1, 64), "Host.")                                                      \
  F(time_range, required().items(2, 2), "Start and end.")
AOPS_MESSAGE(rule_to_test)

struct tested_value {
  moment time;
  number value;
};
#define AOPS_FIELDS_tested_value(F)                                                                \
  F(time, required().as("fractional"), "When.")                                                    \
  F(value, required(), "What it came to.")
AOPS_MESSAGE(tested_value)

/// An operand of a comparison of the condition, such as `$0 / $1`, for one instance.
struct tested_part {
  std::string text;
  label_set labels;
  int64_t points = 0;
  maybe<number> min, max, last;
  std::vector<tested_value> values; ///< Thinned out evenly, at most 240.
};
#define AOPS_FIELDS_tested_part(F)                                                                 \
  F(text, required(), "As it stands in the condition.")                                            \
  F(labels, required().additive(), "Of the instance.")                                             \
  F(points, required(), "Times at which it had a value.")                                          \
  F(min, optional_field().additive(), "Least value.")                                              \
  F(max, optional_field().additive(), "Greatest value.")                                           \
  F(last, optional_field().additive(), "Newest value.")                                            \
  F(values, required(), "Over time, thinned out to at most 240.")
AOPS_MESSAGE(tested_part)

/// Series of one name that the host has.
struct tested_series {
  std::string name;
  int64_t series = 0;
  std::vector<label_set> labels; ///< Of the first 20.
};
#define AOPS_FIELDS_tested_series(F)                                                               \
  F(name, required(), "A name of the rule's.")                                                     \
  F(series, required(), "So many of it the host has.")                                             \
  F(labels, required(), "Their labels, of the first 20.")
AOPS_MESSAGE(tested_series)

struct rule_tested {
  std::vector<aops::check_result> check_result;
  int64_t points = 0;
  int64_t without_data = 0;
  std::vector<tested_part> parts = {};
  std::vector<tested_series> series = {};
  std::vector<std::string> warnings = {};
};
#define AOPS_FIELDS_rule_tested(F)                                                                 \
  F(check_result, required(), "What would be stored.")                                             \
  F(points, required(), "Points of `$0` judged.")                                                  \
  F(without_data, required().additive(), "Points that came to `No data`, of all instances.")       \
  F(parts, required().additive(), "What the condition compares, over time.")                       \
  F(series, required().additive(), "What the host has under the names of the rule.")               \
  F(warnings, required().additive(), "What is odd about the rule.")
AOPS_MESSAGE(rule_tested)

/// POST /check/series/get
struct series_query {
  std::string host_id;
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_series_query(F)                                                                \
  F(host_id, required().text(1, 64), "Host.")                                                      \
  AOPS_PAGING_FIELDS(F, "|name", 50)
AOPS_MESSAGE(series_query)

struct series_info {
  std::string name, type = "kpi";
  label_set label;
  moment time;
  number value;
};
#define AOPS_FIELDS_series_info(F)                                                                 \
  F(name, required(), "Metric.")                                                                   \
  F(type, required(), "`kpi` or `log`.")                                                           \
  F(label, required(), "What a rule must name.")                                                   \
  F(time, required().as("fractional"), "Of the value.")                                            \
  F(value, required(), "Last value.")
AOPS_MESSAGE(series_info)

struct series_page {
  AOPS_TOTAL_MEMBERS
  std::vector<series_info> series;
};
#define AOPS_FIELDS_series_page(F) AOPS_TOTAL_FIELDS(F) F(series, required(), "By name.")
AOPS_MESSAGE(series_page)

} // namespace aops
