#pragma once

#include "runtime/core/fault/circuit.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace aops::fault {

inline constexpr size_t max_undecided_items = 3;
inline constexpr size_t max_undecided_sets = 5;

/// Sets of check items that would decide.
struct undecided_sets {
  std::vector<std::vector<uint32_t>> sets; ///< By size, then tree order of their items.
  bool is_truncated = false; ///< There are more, or larger, sets; or the search was cut short.
};

/// Finds the minimal sets of check items without a known state of which some outcome alone would
/// make the root's verdict known. Keeps its memory between calls.
///
/// The search goes by size, each item with both outcomes, and turns back where a lower bound shows
/// that too many items are still needed. The bound adds what each part needs along the conditions;
/// an item that stands in n places costs 1/n in each, so the sum never exceeds the true number.
/// Where the conditions use every item once the bound is exact and each step leads to a set. For
/// other trees a budget of visited gates ends the search.
class undecided_search {
public:
  /// @param bits Truth of every gate; the root's is unknown.
  undecided_sets find(const circuit& what, std::span<const uint8_t> bits);

private:
  enum class outcome : uint8_t { open, yes, no, never };
  /// How many items are still needed to make a gate true or false.
  struct need {
    double yes = 0, no = 0;
  };
  struct small_gate {
    uint32_t begin = 0, end = 0; ///< Operands; of a leaf: begin is its item here.
    enum : uint8_t { leaf, both, either } kind = leaf;
  };
  using item_set = std::vector<uint32_t>;

  void reduce(const circuit& what, std::span<const uint8_t> bits);
  void number_items(const circuit& what, std::span<const uint32_t> leaves);
  void weigh();
  void visit_up();
  void visit_down();
  void bound_items(std::vector<need>& bounds) const;
  bool is_root_known() const;
  std::vector<item_set> search(size_t level, size_t remaining, uint32_t first_item, size_t limit);
  std::vector<item_set>
  search_with(outcome x, size_t level, size_t remaining, uint32_t item, size_t limit);
  bool decides(uint32_t item, const need& bound);
  bool holds_found_set() const;
  bool has_other_sets();
  bool can_decide(size_t next_binate);
  void find_binate_items();
  uint32_t size() const { return static_cast<uint32_t>(gates_.size()); }

  // The part of the circuit that is unknown: gates in order, the root last.
  std::vector<small_gate> gates_;
  std::vector<uint32_t> operands_;
  std::vector<uint32_t> items_;  ///< Original numbers, ascending.
  std::vector<double> weights_;  ///< By item.
  std::vector<uint32_t> binate_; ///< Items that help with both outcomes.
  std::vector<uint32_t> place_;  ///< Scratch: gate id to place in `gates_`.

  std::vector<outcome> outcomes_; ///< By item.
  std::vector<need> needs_;       ///< By gate.
  std::vector<uint8_t> truths_;   ///< By gate.
  std::vector<need> rests_;       ///< By gate: what the root needs beside this gate.
  std::array<std::vector<need>, max_undecided_items> bounds_;
  item_set chosen_;
  std::vector<item_set> found_;
  uint64_t budget_ = 0;
};

} // namespace aops::fault
