#pragma once

#include "runtime/core/expr/bytecode.hpp"

#include <string>

namespace aops::expr {

/// Why a point cannot be judged; a static text, null when it can.
using reason = const char*;

namespace reasons {
inline constexpr reason null_operand = "null as an operand";
inline constexpr reason text_operand = "a string where a number is needed";
inline constexpr reason mixed_order = "a number ordered against a string";
inline constexpr reason zero_division = "division by zero";
inline constexpr reason not_whole = "NaN, infinite or too large for a 64-bit integer";
inline constexpr reason negative_shift = "shift by a negative count";
inline constexpr reason shift_range = "the shifted value leaves 64 bits";
inline constexpr reason unreadable = "the text of a sample is no number";
inline constexpr reason no_point = "a data item has no point at or before this time";
inline constexpr reason no_index = "the main data has no such point";
inline constexpr reason empty_window = "no point in the window";
inline constexpr reason nothing_earlier = "no earlier point to compare with";
inline constexpr reason no_rate =
  "fewer than two points, or all of one time, in the window of rate";
inline constexpr reason bad_comparison =
  "the comparison of count must be '>', '<', '>=', '<=', '==' or '!='";
inline constexpr reason long_text = "a joined string beyond 16 MiB";
inline constexpr reason keyword_text = "keyword needs a log and a string";
} // namespace reasons

/// @param code op::add … op::not_equal. @param texts Keeps a joined text; `a`, when it is the
/// newest there, is used up. See docs/reference/condition-language.md#operators.
reason apply(op code, const cell& a, const cell& b, cell& out, text_store& texts);
/// @param code op::plus … op::invert.
reason apply(op code, const cell& a, cell& out);

/// Equality of the operator `==`, and null equals null: what dicts compare by.
bool equal_in_dict(const cell& a, const cell& b);
/// `left in right` over pairs of key and value in turn; of a repeated key the last counts. See
/// docs/reference/condition-language.md#membership.
bool contains(const cell* left, size_t left_pairs, const cell* right, size_t right_pairs);

/// The number that a boolean, integer or real stands for.
inline number number_of(const cell& c) {
  return c.what == kind::real ? number::of(c.real) : number::of(c.bits);
}

/// @return The operator that `count` is asked for, op::done when the text names none.
op comparison_named(std::string_view text);

/// True when the ordering satisfies op::less … op::not_equal; an unordered one (NaN) only
/// op::not_equal.
inline bool satisfies(op code, std::partial_ordering order) {
  switch (code) {
  case op::less:
    return order < 0;
  case op::greater:
    return order > 0;
  case op::less_equal:
    return order <= 0;
  case op::greater_equal:
    return order >= 0;
  case op::equal:
    return order == 0;
  default:
    return order != 0;
  }
}

/// @return Falsy: false, zero, the empty text and null.
inline bool truthy(const cell& c) {
  switch (c.what) {
  case kind::real:
    return c.real != 0;
  case kind::text:
    return c.length != 0;
  case kind::null:
    return false;
  default:
    return c.bits != 0;
  }
}

/// Sum, difference: an integer when both are and it fits 64 bits, else a double.
number plus(number a, number b);
number minus(number a, number b);
/// Always a double. @param b Not zero.
double quotient(number a, number b);

} // namespace aops::expr
