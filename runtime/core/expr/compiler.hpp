#pragma once

#include "messages/error.hpp"
#include "runtime/core/expr/lexer.hpp"
#include "runtime/core/expr/syntax_tree.hpp"

#include <map>
#include <string>
#include <string_view>
#include <tuple>

namespace aops::expr {

/// Turns a parsed condition into instructions: constants are folded, calls that see the same points
/// share their state.
class compiler {
public:
  compiler(std::string_view condition, const syntax_tree& tree, size_t item_count);
  /// @return `ec::bad_request` when a comparison of `count` is constant and none, or the condition
  /// is too large.
  expected<bytecode> compile();
  /// After `compile`: where and why a comparison of `count` is no literal; empty: none is.
  const std::string& computed_comparison() const { return computed_comparison_; }

private:
  /// A register: a temporary, or with `constant_bit` a constant, until `settle` gives constants
  /// their place.
  using reg = uint32_t;
  static constexpr reg constant_bit = 0x8000'0000;

  reg emit(int32_t i, reg target);
  reg infix(int32_t i, reg target);
  reg arithmetic(op code, reg a, reg b, reg target);
  reg logical(const node& n, reg a, reg target);
  reg unary(const node& n, reg target);
  reg ternary(const node& n, reg target);
  reg membership(const node& n, reg target);
  reg call(const node& n, reg target);
  reg keyword(const node& n, reg target);
  void into(reg target, int32_t i);
  void value_into(reg target, int32_t i);

  bool is_constant(reg r) const { return (r & constant_bit) != 0; }
  const cell& constant(reg r) const { return out_.constants[r & ~constant_bit]; }
  reg constant_of(const cell& c);
  reg temporary(reg r);
  void put(op code, reg dst, reg a = 0, reg b = 0);
  size_t put_jump(op code, reg condition);
  void land(size_t jump);
  uint16_t state_of(op function, const window_call& call);
  void note_range(const window_range& range);
  void settle();
  void thread_jumps();

  struct draft {
    op code;
    reg dst, a, b;
  };

  std::string_view condition_;
  const syntax_tree& tree_;
  bytecode out_;
  std::vector<draft> drafts_;
  std::vector<reg> patterns_, comparisons_; ///< Per window, unsettled.
  std::map<std::tuple<kind, uint64_t, std::string>, reg> known_constants_;
  std::map<std::tuple<op, uint16_t, uint32_t, int64_t>, uint16_t> known_states_;
  reg temporaries_ = 0;
  expected<void> problem_;
  std::string computed_comparison_;
};

} // namespace aops::expr
