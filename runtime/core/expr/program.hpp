#pragma once

#include "messages/check.hpp"
#include "messages/error.hpp"
#include "runtime/core/expr/bytecode.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace aops::expr {

/// What a host is made of, by names of its own: they follow the items of a `data_list`, in this
/// order, unless one of these has the name.
inline constexpr std::array<std::string_view, 2> fact_names = {"cpu_count", "memory_total"};

/// A condition compiled once; immutable and shareable between hosts and threads.
class program {
public:
  /// Compiles a condition over the items of its rule; `$i` is `data_list[i]`, a bare name the one
  /// item so called.
  /// @return `ec::bad_request` with `line L, position P: reason`, both counted from 1 in
  /// characters. Finds all that an import refuses: syntax, functions, arguments, windows, `op`
  /// of `count`, `$i` and names.
  static expected<std::shared_ptr<const program>> compile(std::string_view condition,
                                                          const std::vector<data_item>& data_list);

  /// Longest time window of the whole condition, nested ones and bare seconds included; 0 without
  /// one.
  int64_t lookback_ms() const { return code_.lookback_ms; }
  /// Largest N of its `#N` windows; 0 without one.
  uint32_t lookback_points() const { return code_.lookback_points; }
  /// ec::bad_request when a comparison of `count` is computed. It can be judged, but is mostly a
  /// slip: an import refuses it.
  expected<void> literal_comparisons() const;
  /// Size of the `data_list` it was compiled for; with the facts, when it names one.
  size_t item_count() const { return code_.item_count; }
  /// True when `$i` is read, as a value or through a window.
  bool uses(size_t i) const { return i < code_.used.size() && code_.used[i]; }
  /// The canonical text; compiles back to an equal program over the same items. It may be longer
  /// than the condition, so that holds for conditions up to 8 KiB.
  const std::string& to_text() const { return text_; }

  const bytecode& code() const { return code_; } ///< For `evaluator`.
  /// The same instructions and constants.
  friend bool operator==(const program& a, const program& b);

private:
  program() = default;
  bytecode code_;
  std::string text_, computed_comparison_;
};

/// What a condition compares: an operand of one of its comparisons.
struct condition_part {
  std::string text;                       ///< As users write it.
  std::shared_ptr<const program> compute; ///< Its value; over the same items.
};

/// The operands of the comparisons of a condition, from left to right, without constants and
/// repetitions; the condition itself when it compares nothing. For showing where a verdict comes
/// from. @return Nothing for a condition that does not compile.
std::vector<condition_part> parts_of(std::string_view condition,
                                     const std::vector<data_item>& data_list);

} // namespace aops::expr
