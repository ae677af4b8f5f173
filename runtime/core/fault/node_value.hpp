#pragma once

#include "runtime/core/fault/circuit.hpp"
#include "runtime/core/fault/slice.hpp"

#include <cstdint>
#include <string_view>

namespace aops::fault {

/// What one node came to, in four bits: a leaf's `leaf_state`, a branch's `truth` bits.
using node_value = uint8_t;

constexpr leaf_state leaf_state_of(node_value x) {
  return x <= static_cast<uint8_t>(leaf_state::not_evaluated) ? static_cast<leaf_state>(x)
                                                              : leaf_state::internal_error;
}

/// The truth bits of a leaf in a state.
constexpr uint8_t truth_of(leaf_state x) {
  switch (x) {
  case leaf_state::normal:
    return 0;
  case leaf_state::abnormal:
    return truth::yes;
  default:
    return truth::can_be;
  }
}

constexpr uint8_t truth_of(node_value x, bool is_leaf) {
  return is_leaf ? truth_of(leaf_state_of(x)) : static_cast<uint8_t>(x & truth::yes);
}

constexpr verdict verdict_of(uint8_t truth_bits) {
  if (!truth::is_known(truth_bits))
    return verdict::unknown;
  return (truth_bits & truth::must_be) != 0 ? verdict::yes : verdict::no;
}

/// A node's `value` as JSON: `null` for a leaf without data or with an internal error.
constexpr std::string_view value_text(node_value x, bool is_leaf) {
  if (is_leaf && !leaf_message(leaf_state_of(x)).empty())
    return "null";
  return (truth_of(x, is_leaf) & truth::holds) != 0 ? "true" : "false";
}

} // namespace aops::fault
