#pragma once

#include "messages/error.hpp"
#include "messages/sample.hpp"
#include "runtime/core/fault/evaluator.hpp"
#include "runtime/core/fault/slice.hpp"
#include "runtime/core/fault/tree.hpp"

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace aops::fault {

inline constexpr size_t max_evidence_samples = 5;
/// Instances of one rule that one report shows; it says how many more there are.
inline constexpr size_t max_shown_instances = 16;

/// A sample of the main data that tripped a rule: a number, or a log's text.
struct evidence_sample {
  int64_t time_ms = 0;
  std::variant<number, std::string> value;
  uint32_t instance = 0; ///< Of the rule, as in `result`.
};

/// What a part of a rule's condition came to at the times of its rounds, for one instance.
struct judged_part {
  std::string text; ///< As it stands in the condition: `rate(10s)`.
  uint32_t instance = 0;
  std::vector<std::pair<int64_t, number>> values; ///< In time order; where it is no number, none.
};
/// Of longer slices so many are shown, evenly spread.
inline constexpr size_t max_judged_values = 30;

/// The rule behind a check item.
struct item_rule {
  std::string digest; ///< Of the rule's content, its version; empty: there is no such rule.
  std::string condition;
};

/// A host that the judged one depended on in a slice.
struct upstream_link {
  std::string host_id, host_name;
  std::vector<std::string> path; ///< A text for each link, from the judged host on.
};

/// What is known of one check item of the host in a slice; what lies outside the slice is ignored.
/// Of an item that asks of the hosts that it depends on: results of those of the slice, each with
/// an instance that says where it is.
struct item_data {
  std::span<const result> results;          ///< Stored results.
  std::span<const evidence_sample> samples; ///< The first five inside the slice are kept.
  bool is_covered = true;                   ///< Whether the rule was evaluated all over the slice.
  /// Of the rule, counted from 1 by results and samples; in the order of their labels. The same
  /// for all slices.
  std::span<const item_instance> instances = {};
  std::span<const presence> present = {}; ///< For leaves that ask of all of them.
  std::span<const judged_part> judged = {};
  std::span<const upstream_link> upstream = {}; ///< These hosts.
};

/// A report as it is stored: beside it stand the tree's digest, task, host, tree name and slice.
struct report {
  verdict root = verdict::unknown;
  bool value = false;
  std::string values; ///< Blob of `encode_values`.
  /// JSON object: verdict, root_causes, undecided, evidence, missing, rule_versions, content_hash;
  /// `error` and `undecided_truncated` when there is something to say.
  std::string details;
  std::string content_hash; ///< Empty when nothing was evaluated.
};

/// Makes the reports of one (adapted) tree and one host, slice after slice. One per thread.
/// See docs/reference/diagnosis.md#reports.
class reporter {
public:
  /// @param what From `adapt`.
  /// @param rules One per entry of `tree::asked`, in its order.
  reporter(tree_ptr what, std::vector<item_rule> rules);

  /// @param items One per entry of `tree::asked`, in its order.
  report make(slice when, std::span<const item_data> items);

  /// The report of a host whose results could not be read: every leaf is an internal error.
  /// @param reason Shown as `error`.
  report unreadable(std::string_view reason);

  /// Canonical JSON object: check item to its rule's digest, items without rule left out. The same
  /// for all reports, so it is stored once, under its digest.
  const std::string& rule_versions() const { return rule_versions_; }
  const std::string& rule_versions_digest() const { return rule_versions_digest_; }

private:
  report finish(slice when, std::span<const item_data> items, std::string_view error);
  void write_evidence(std::string& out, slice when, std::span<const item_data> items) const;
  void write_missing(std::string& out, slice when, std::span<const item_data> items) const;
  void write_root_causes(std::string& out, slice when, std::span<const item_data> items) const;
  void write_cause_instances(std::string& out,
                             const std::vector<uint32_t>& leaves,
                             slice when,
                             std::span<const item_data> items) const;
  void write_missing_rows(std::string& out, size_t i, slice when, const item_data& item) const;
  void write_undecided(std::string& out);
  std::string hash(slice when, std::span<const item_data> items);
  void hash_data(slice when, std::span<const item_data> items);
  leaf_state state_of_item(size_t i, slice when, const item_data& item);
  bool is_selected(size_t item, uint32_t instance) const {
    const auto& which = selected_[item].which;
    return instance < which.size() ? which[instance] : which.empty();
  }
  bool is_meant(size_t i, const item_data& item, const result& x) const {
    return is_selected(i, x.instance) ||
           (x.value != leaf_state::abnormal && is_of_rule(x, item.instances));
  }
  /// Of which instances there are results of a state in the slice, as far as the leaf means them.
  std::vector<uint32_t>
  instances_in(size_t i, leaf_state state, slice when, const item_data& item) const;
  bool has_rule(size_t item) const { return !rules_[item].digest.empty(); }

  evaluator evaluator_;
  std::vector<item_rule> rules_;
  std::vector<std::string> items_;                    ///< As JSON texts: `tree::items`.
  std::vector<std::string> check_items_, conditions_; ///< The same of their check items.
  /// Which of its rule's instances each means; none: it does not tell them apart.
  struct selection {
    const item_instance* of = nullptr;
    size_t count = 0;
    std::vector<bool> which;
  };
  std::vector<selection> selected_;
  std::string rule_versions_, rule_versions_digest_;
  std::vector<leaf_state> states_;
  std::vector<result> clipped_; ///< Scratch.
  std::string canonical_;       ///< Scratch.
};

/// The report of a tree that could not be evaluated at all, such as an illegal one: its tree is
/// `{}`.
report failed_report(std::string_view reason);

/// The tree of a stored report as JSON text.
/// @param what The tree as it was imported, of the report's digest.
/// @return ec::corrupt when the blob and the tree do not belong together.
expected<std::string> report_text(const tree_ptr& what, std::string_view values);

} // namespace aops::fault
