#include "runtime/core/fault/evaluator.hpp"

#include <algorithm>
#include <array>

namespace aops::fault {
namespace {

constexpr std::array<uint8_t, 5> truths_of_states = {truth_of(leaf_state::normal),
                                                     truth_of(leaf_state::abnormal),
                                                     truth_of(leaf_state::no_data),
                                                     truth_of(leaf_state::internal_error),
                                                     truth_of(leaf_state::not_evaluated)};

} // namespace

evaluator::evaluator(tree_ptr what) : tree_(std::move(what)) {
  const auto& gates = tree_->gates();
  states_.assign(gates.items + 1, leaf_state::no_data);
  bits_.assign(gates.size(), 0);
  values_.resize(tree_->nodes().size());
  causes_.reserve(16);
}

void evaluator::run(std::span<const leaf_state> items) {
  const auto& gates = tree_->gates();
  std::copy_n(items.begin(), std::min<size_t>(items.size(), gates.items), states_.begin());
  auto* bits = bits_.data();
  for (auto item : gates.leaf_items)
    *bits++ = truths_of_states[static_cast<size_t>(states_[item])];
  const auto* operands = gates.operands.data();
  for (const auto& gate : gates.gates) {
    uint8_t all = truth::yes, any = 0;
    for (auto i = gate.begin; i < gate.end; ++i) {
      auto x = bits_[operands[i] >> 1];
      if ((operands[i] & 1) != 0)
        x = truth::negation(x);
      all &= x;
      any |= x;
    }
    *bits++ = gate.is_or ? any : all;
  }
  find_root_causes();
}

void evaluator::find_root_causes() {
  causes_.clear();
  const auto& nodes = tree_->nodes();
  for (uint32_t i = 0; i < nodes.size();) {
    if (nodes[i].is_leaf || !holds(i)) {
      i += nodes[i].extent;
    } else if (has_true_branch(i)) {
      ++i;
    } else {
      causes_.push_back(i);
      i += nodes[i].extent;
    }
  }
}

bool evaluator::has_true_branch(uint32_t node) const {
  const auto& nodes = tree_->nodes();
  for (auto i = node + 1; i < node + nodes[node].extent; i += nodes[i].extent)
    if (!nodes[i].is_leaf && holds(i))
      return true;
  return false;
}

const undecided_sets& evaluator::undecided() {
  if (root_verdict() != verdict::unknown) {
    undecided_ = {};
    undecided_states_.clear();
  } else if (undecided_states_ != states_) {
    undecided_ = search_.find(tree_->gates(), bits_);
    undecided_states_ = states_;
  }
  return undecided_;
}

std::span<const node_value> evaluator::values() {
  const auto& nodes = tree_->nodes();
  for (uint32_t i = 0; i < nodes.size(); ++i)
    values_[i] = nodes[i].is_leaf ? static_cast<node_value>(states_[nodes[i].item]) : bits_of(i);
  return values_;
}

} // namespace aops::fault
