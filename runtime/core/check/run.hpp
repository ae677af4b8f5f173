#pragma once

#include "runtime/core/check/align.hpp"
#include "runtime/core/check/learned_rule.hpp"
#include "runtime/core/check/ledger.hpp"
#include "runtime/core/check/results.hpp"
#include "runtime/core/check/rule_set.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace aops::check {

/// Where the times of KPI samples come from. Rules with a log item are judged at the times of `$0`
/// either way.
enum class time_basis : uint8_t {
  delivered,   ///< A data service's own times: aligned first. Source `prometheus`.
  stored_grid, ///< Grid times of stored rounds; judged as live detection does. Source `scrape`.
};

/// One rule on one host over [start, end): points at the end belong to the next range.
struct run_request {
  int64_t start_ms = 0, end_ms = 0;
  int64_t period_ms = 15'000;
  time_basis basis = time_basis::delivered;
  int64_t max_fill_ms = 0;    ///< `delivered`: see `align`; 0: unlimited.
  size_t max_instances = 256; ///< Of one rule; what is beyond is told.
  /// A log that tells nothing has nothing to tell: without a line there is no result.
  bool quiet_logs = false;
  size_t most_values = 0; ///< So many values of the parts of the condition are told, see `values`.
  promql::labels host = {}; ///< The labels by which queries know the host.
};

/// What to fetch for a request: [from, until], one period more than the look-back asks for, so that
/// `change(D)` finds a point at or before `t - D` also when D is no multiple of the period; and
/// what `for` and its like ask for before that.
time_range range_to_fetch(const compiled_rule& rule, const run_request& request);

/// A series that an item matches, borrowed.
struct matched_data {
  uint32_t slot = 0; ///< Instances come in this order; 0: in that of their labels.
  label_set label;
  std::span<const point> points;
};

/// The data of one of `compiled_rule::items`, borrowed.
struct item_data {
  bool failed = false;                ///< The data service failed, or named it in its `fail_list`.
  std::span<const point> points;      ///< Of a `kpi` item.
  std::span<const log_point> entries; ///< Of a `log` item.
  std::vector<matched_data> series;   ///< Of an item with `match`: all that match.
  size_t left_out = 0;                ///< Series that match, too, and found no room: that is told.
  /// `stored_grid`: since when this series is collected, see `collected_from_ms`.
  int64_t collected_from_ms = std::numeric_limits<int64_t>::min();
};

/// A stored round without its samples.
struct round_mark {
  int64_t time_ms = 0;
  bool answered = true;
  double duration_s = 0;
};

/// What a program said of a series of `$0`.
struct outside_judged {
  label_set label;
  std::vector<outside_verdict> verdicts; ///< In time order; of samples that it was shown.
};

struct run_data {
  /// One per item, the facts too; what is missing at the end has no data. Own series (`up`…) may be
  /// empty.
  std::vector<item_data> items;
  std::span<const round_mark> rounds; ///< `stored_grid`: all in the fetched range, in time order.
  // Of a rule that a program judges: it was asked before.
  bool is_outside_asked = false;
  std::vector<outside_judged> outside = {};
  std::string outside_problem = {}; ///< Why it did not judge.
};

/// A point that is not normal.
struct point_result {
  int64_t time_ms = 0;
  result_value value = result_value::abnormal;
  std::string reason; ///< Why it is not `Abnormal`.
  friend bool operator==(const point_result&, const point_result&) = default;
};

/// What the parts of the condition came to at a point; null where they are errors.
struct part_values {
  int64_t time_ms = 0;
  std::vector<expr::value> values;
};

/// What was found of an instance that has labels.
struct instance_result {
  label_set labels;
  std::vector<point_result> points;  ///< In time order, not merged.
  std::optional<result_value> whole; ///< As in `run_result`.
  std::string reason;                ///< Of `whole`.
  std::vector<part_values> values;
};

struct run_result {
  /// In time order, not merged: of a rule with one instance, and what a rule with several says of
  /// none of them.
  std::vector<point_result> points;
  std::vector<instance_result> instances; ///< By labels.
  std::optional<result_value> whole; ///< One result for the whole range; then there are no points.
  std::string reason;                ///< Of `whole`.
  std::vector<deviation> missed;     ///< `stored_grid`: judged by nobody, for want of collection.
  /// When asked for: what the condition compares, see `expr::parts_of`, and how that was over time;
  /// `values` are of the rule's one instance.
  std::vector<std::string> parts;
  std::vector<part_values> values;
  /// Points or rounds in the range. 0 with `stored_grid`: no round at all, `whole` is `No data`.
  size_t judged = 0;
};

/// Runs one rule over one range: the explicit check, the back-fill, and the vectors. Never fails:
/// what goes wrong is a result. See
/// docs/reference/checks.md#one-rule-over-one-range.
run_result
run_rule(const rule_set::rule_ptr& rule, const run_request& request, const run_data& data);

/// What a run found, over its whole range: to be fitted into the stored rows by `rewrite`. One
/// change without labels, then one for each instance.
/// @param known Instances with rows in the range: those that were not found again get a change
/// without rows.
std::vector<rule_change> changes_of(const compiled_rule& rule,
                                    const run_request& request,
                                    const run_result& result,
                                    std::span<const label_set> known = {});

/// The first of these.
rule_change
change_of(const compiled_rule& rule, const run_request& request, const run_result& result);

} // namespace aops::check
