#pragma once

#include "messages/check.hpp"
#include "messages/error.hpp"
#include "runtime/core/check/firing.hpp"
#include "runtime/core/check/host_labels.hpp"
#include "runtime/core/check/plugin_terms.hpp"
#include "runtime/core/check/selector.hpp"
#include "runtime/core/expr/program.hpp"
#include "runtime/core/promql/engine.hpp"
#include "runtime/core/rulefile/template_text.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aops::check {

/// Whether a rule may be imported: fields, `data_list` and condition. ec::bad_request that begins
/// with the field, such as `data_list[1]: repeats name and labels of data_list[0]` or `condition:
/// line 1, position 5: unknown function 'mux'`. What is refused:
/// docs/reference/checks.md#rules, docs/reference/condition-language.md#refusals.
expected<void> validate(const check_rule& rule);

/// Whether its condition is one of the condition language.
bool is_expression_rule(const check_rule& rule);

/// The digest of a rule's content: SHA-256 over its canonical JSON, hexadecimal.
std::string digest_of(const check_rule& rule);

/// Absent `host_group_list`: every host; else hosts in one of these groups.
bool applies_to(const check_rule& rule, std::span<const std::string> host_groups);

/// How far back the condition looks, without margin: its longest time window, or as many periods as
/// its largest `#N`. See docs/reference/condition-language.md#look-back.
int64_t lookback_ms(const expr::program& program, int64_t period_ms);

/// How far back points count at all: the look-back and one period more. Whatever is older is
/// invisible to the rule, so that its verdict does not depend on how much history lies in memory.
int64_t horizon_ms(const expr::program& program, int64_t period_ms);

/// What becomes of the series an item matches.
enum class aggregation : uint8_t { none, sum, avg, min, max, count };

/// An item ready to be looked for.
struct compiled_item {
  data_item item;
  std::shared_ptr<const selector> match; ///< Null: the item names its series.
  aggregation agg = aggregation::none;
  bool is_needed = true; ///< False for a fact that is not named.
  /// Of a `log` item, which of its lines it means; null: all.
  std::shared_ptr<const selector> lines = {};
};

/// Whether two items mean the same series, whatever they do with them.
bool mean_the_same(const data_item& a, const data_item& b);

/// Whether a series belongs to an instance: it has the instance's labels in what `on` names, or in
/// all that both have but what `ignoring` names. Of a group, in the labels it is grouped by.
bool belongs_to(const data_item& item, const label_set& series, const label_set& instance);

/// A stored rule.
struct rule_source {
  check_rule rule;
  std::string digest;   ///< Of its content; empty: computed.
  int64_t since_ms = 0; ///< When this check item was first imported; replacing it keeps the time.
};

/// A text of a rule that is filled in when an alert begins.
struct rule_text {
  std::string name;
  rulefile::template_text made;
};

/// What only rules have whose conditions are queries.
struct compiled_query {
  promql::query query;
  int64_t lookback_ms = 0; ///< How far back it sees.
  std::vector<rule_text> labels, annotations;
  /// What rules of the owner record.
  std::shared_ptr<const recorded_names> recorded;
};

/// A rule ready to judge; immutable, shared by all hosts.
struct compiled_rule {
  check_rule rule;
  std::string digest;
  int64_t since_ms = 0;
  std::shared_ptr<const expr::program> program; ///< Null when refused.
  std::string refusal; ///< Why not; such a rule yields `Internal error` wherever it applies.
  std::vector<compiled_item> items; ///< Those of the `data_list`, then the facts if any is named.
  std::shared_ptr<const compiled_query> query;    ///< Instead of `program`.
  std::shared_ptr<const seasonal_terms> seasonal; ///< Instead of both.
  std::shared_ptr<const outside_terms> outside;   ///< Instead of all three.
  std::shared_ptr<const expr::program> recover;   ///< Over the same items; null without one.
  int64_t for_ms = 0, keep_firing_ms = 0;
  no_data_policy no_data = no_data_policy::tell;

  bool is_refused() const { return !program && !query && !learns(); }
  /// Whether what is usual decides, and not a condition.
  bool learns() const { return seasonal || outside; }
  bool records() const { return query && !rule.record.empty(); }
  bool has_matches() const;
  bool has_logs() const; ///< Whether lines are looked at: `log_judge` judges it.
  /// Whether there may be several instances on a host: `$0` matches, and is not one aggregate.
  bool has_instances() const;
  firing_terms terms(int64_t period_ms) const;
};

/// The order of rules that record: by group, and within it by their position.
bool is_recorded_before(const check_rule& a, const check_rule& b);

/// How far back points count for a rule, its `recover` included.
int64_t horizon_ms(const compiled_rule& rule, int64_t period_ms);
/// How much of the past judging a rule needs: its horizon, and what must be judged before for `for`
/// and its like.
int64_t history_ms(const compiled_rule& rule, int64_t period_ms);

/// The rules of one owner, compiled once and shared between hosts and threads.
class rule_set {
public:
  /// Compiles what `previous` does not hold with the same digest. Never fails: see
  /// `compiled_rule::refusal`. Of several rules with one name the last counts.
  /// @param known What other rules record.
  static std::shared_ptr<const rule_set> build(std::vector<rule_source> rules,
                                               const rule_set* previous = nullptr,
                                               const recorded_names& known = {});

  using rule_ptr = std::shared_ptr<const compiled_rule>;
  const std::vector<rule_ptr>& rules() const { return rules_; } ///< Ordered by check item.
  rule_ptr find(std::string_view check_item) const;             ///< Null when unknown.
  /// Those for a host in these groups, ordered by check item.
  std::vector<rule_ptr> for_host(std::span<const std::string> host_groups) const;
  /// The longest `history_ms` of all rules: how much history a host needs to start.
  int64_t longest_history_ms(int64_t period_ms) const;
  /// What its rules record.
  const recorded_names& recorded() const { return recorded_; }
  /// Of names and digests of all rules; equal sets have equal digests.
  const std::string& digest() const { return digest_; }

private:
  std::vector<rule_ptr> rules_;
  recorded_names recorded_;
  std::string digest_;
};

} // namespace aops::check
