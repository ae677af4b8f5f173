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

/// A sample of the main data that tripped a rule: a number, or a log's text.
struct evidence_sample {
  int64_t time_ms = 0;
  std::variant<number, std::string> value;
};

/// The rule behind a check item.
struct item_rule {
  std::string digest; ///< Of the rule's content, its version; empty: there is no such rule.
  std::string condition;
};

/// What is known of one check item of the host in a slice; what lies outside the slice is ignored.
struct item_data {
  std::span<const result> results;          ///< Stored results.
  std::span<const evidence_sample> samples; ///< The first five inside the slice are kept.
  bool is_covered = true;                   ///< Whether the rule was evaluated all over the slice.
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
  /// @param rules One per check item of the tree, in its order.
  reporter(tree_ptr what, std::vector<item_rule> rules);

  /// @param items One per check item of the tree, in its order.
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
  void write_root_causes(std::string& out) const;
  void write_undecided(std::string& out);
  std::string hash(slice when, std::span<const item_data> items);
  void hash_data(slice when, std::span<const item_data> items);
  bool has_rule(size_t item) const { return !rules_[item].digest.empty(); }

  evaluator evaluator_;
  std::vector<item_rule> rules_;
  std::vector<std::string> items_, conditions_; ///< As JSON texts, by item.
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
