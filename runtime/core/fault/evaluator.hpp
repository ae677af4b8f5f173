#pragma once

#include "runtime/core/fault/node_value.hpp"
#include "runtime/core/fault/tree.hpp"
#include "runtime/core/fault/undecided.hpp"

#include <span>
#include <vector>

namespace aops::fault {

/// Evaluates one tree, slice after slice, without allocating once warm. One per tree and thread.
/// See docs/reference/diagnosis.md#values-and-verdicts.
class evaluator {
public:
  explicit evaluator(tree_ptr what);

  const tree& of() const { return *tree_; }

  /// Values, verdicts and root causes of one slice.
  /// @param items The state of every check item, in the order of `tree::items`.
  void run(std::span<const leaf_state> items);

  bool value() const { return (bits_[tree_->gates().root()] & truth::holds) != 0; }
  verdict root_verdict() const { return verdict_of(bits_[tree_->gates().root()]); }
  bool holds(uint32_t node) const { return (bits_of(node) & truth::holds) != 0; }
  verdict node_verdict(uint32_t node) const { return verdict_of(bits_of(node)); }
  leaf_state item_state(uint32_t item) const { return states_[item]; }

  /// The deepest true branches below true branches, in tree order; none when the root is false.
  std::span<const uint32_t> root_causes() const { return causes_; }

  /// Which check items would decide the root's verdict; empty when it is known. Computed on demand,
  /// and kept while slices have the same states.
  const undecided_sets& undecided();

  /// What each node came to, in tree order; see `tree::text`.
  std::span<const node_value> values();

private:
  uint8_t bits_of(uint32_t node) const { return bits_[tree_->gates().gate_of_node[node]]; }
  void find_root_causes();
  bool has_true_branch(uint32_t node) const;

  tree_ptr tree_;
  std::vector<leaf_state> states_; ///< By item, and no data for leaves without one.
  std::vector<uint8_t> bits_;      ///< By gate.
  std::vector<uint32_t> causes_;
  std::vector<node_value> values_;
  undecided_search search_;
  undecided_sets undecided_;
  std::vector<leaf_state> undecided_states_; ///< What `undecided_` was computed for.
};

} // namespace aops::fault
