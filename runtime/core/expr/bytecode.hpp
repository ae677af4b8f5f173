#pragma once

#include "runtime/core/expr/value.hpp"

#include <cstdint>
#include <forward_list>
#include <string>
#include <string_view>
#include <vector>

namespace aops::expr {

/// A value while a program runs: 16 bytes, copied freely. Text is borrowed from the program, a
/// series or the scratch store of the evaluator.
struct cell {
  union {
    int64_t bits; ///< boolean, integer
    double real;
    const char* chars;
  };
  uint32_t length; ///< of the text
  kind what;

  static cell null() { return {{0}, 0, kind::null}; }
  static cell of(bool x) { return {{x}, 0, kind::boolean}; }
  static cell of(int64_t x) { return {{x}, 0, kind::integer}; }
  static cell of(double x) {
    cell c{{0}, 0, kind::real};
    c.real = x;
    return c;
  }
  static cell of(number x) { return {{x.bits()}, 0, x.is_integer() ? kind::integer : kind::real}; }
  static cell of(std::string_view x) {
    cell c{{0}, static_cast<uint32_t>(x.size()), kind::text};
    c.chars = x.data();
    return c;
  }
  std::string_view text() const { return {chars, length}; }
  bool is_number() const { return what >= kind::boolean && what <= kind::real; }
};

/// Keeps texts that cells borrow from, the newest in front. Elements never move, and an empty one
/// costs a pointer.
using text_store = std::forward_list<std::string>;

enum class op : uint8_t {
  add,
  sub,
  mul,
  div,
  mod,
  bit_and,
  bit_or,
  bit_xor,
  shift_left,
  shift_right, ///< dst = a op b
  less,
  greater,
  less_equal,
  greater_equal,
  equal,
  not_equal,
  plus,
  minus,
  negate,
  invert, ///< dst = op a
  load,   ///< dst = `$a` at the point
  copy,   ///< dst = a
  jump,   ///< to a | b << 16
  jump_if_false,
  jump_if_true, ///< when dst; null is an error
  fail,         ///< null where a value is needed
  contains,     ///< dst = pairs from register a, counts in `members[b]`
  contains_not,
  count,
  max,
  min,
  sum,
  avg,
  rate,
  diff,
  change,
  abschange, ///< dst = function of `windows[a]`
  keyword,   ///< dst = `$a` contains b
  done,      ///< the value is a
};

struct instruction {
  op code;
  uint16_t dst = 0, a = 0, b = 0;
  friend bool operator==(const instruction&, const instruction&) = default;
};

/// Which points a function sees: the latest `points`, or those of the last `seconds` when `points`
/// is 0.
struct window_range {
  uint32_t points = 0;
  double seconds = 0;
  friend bool operator==(const window_range&, const window_range&) = default;
};

/// One windowed call; equal calls share one.
struct window_call {
  op function = op::count;
  uint16_t item = 0;
  uint16_t state = 0;      ///< Index among the evaluator's states of this sort.
  uint16_t pattern = 0;    ///< Register; `count` only, as the next.
  uint16_t comparison = 0; ///< Register.
  uint32_t points = 0;     ///< N of `#N`; 0 for a time window.
  /// Of the oldest point inside; for `diff` and its like, of the newest compared with.
  int64_t age_ms = 0;
  friend bool operator==(const window_call&, const window_call&) = default;
};

/// Sizes of the two sides of a membership test.
struct membership {
  uint16_t left = 0, right = 0;
  friend bool operator==(const membership&, const membership&) = default;
};

/// What an evaluator runs. Registers: temporaries first, then one per constant.
struct bytecode {
  std::vector<instruction> code;
  std::vector<cell> constants;
  text_store texts; ///< What text constants point to.
  std::vector<window_call> windows;
  std::vector<membership> members;
  std::vector<bool> used;
  uint16_t temporaries = 0;
  uint16_t extreme_states = 0, sum_states = 0, count_states = 0, history_states = 0,
           rate_states = 0;
  size_t item_count = 0;
  int64_t lookback_ms = 0;
  uint32_t lookback_points = 0;
};

} // namespace aops::expr
