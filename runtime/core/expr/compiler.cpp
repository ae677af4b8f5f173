#include "runtime/core/expr/compiler.hpp"

#include "runtime/core/expr/operators.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace aops::expr {

namespace {

constexpr uint32_t most_registers = 0xFFFF;
/// Long enough for any look-back, short enough that times do not overflow.
constexpr double longest_ms = 0x1p61;

/// Seconds as milliseconds. `1.1 * 1000` is a hair above 1100: what lies that near to a whole
/// number is meant to be it.
double to_ms(double seconds) {
  double ms = std::min(seconds * 1000, longest_ms);
  double whole = std::nearbyint(ms);
  return std::abs(ms - whole) < 1e-6 ? whole : ms;
}

bool looks_back_to_one_point(op function) {
  return function == op::diff || function == op::change || function == op::abschange;
}

/// Functions that share one state over the same points.
op family_of(op function) {
  if (function == op::avg)
    return op::sum;
  return looks_back_to_one_point(function) ? op::change : function;
}

cell cell_of(const value& x, text_store& texts) {
  switch (x.what()) {
  case kind::null:
    return cell::null();
  case kind::boolean:
    return cell::of(x.boolean());
  case kind::integer:
    return cell::of(x.integer());
  case kind::real:
    return cell::of(x.real());
  case kind::text:
    return cell::of(std::string_view(texts.emplace_front(x.text())));
  }
  return cell::null();
}

bool is_infix(const node& n) {
  return n.kind == node_kind::binary || n.kind == node_kind::logical_and ||
         n.kind == node_kind::logical_or;
}

bool is_jump(op code) {
  return code == op::jump || code == op::jump_if_false || code == op::jump_if_true;
}

} // namespace

compiler::compiler(std::string_view condition, const syntax_tree& tree, size_t item_count)
    : condition_(condition), tree_(tree) {
  out_.item_count = item_count;
  out_.used.resize(item_count, false);
}

expected<bytecode> compiler::compile() {
  for (const auto& n : tree_.nodes) {
    // Also of what folding removes: the look-back is that of the text.
    if (n.kind == node_kind::call && n.code != op::keyword)
      note_range(n.range);
    if (n.kind == node_kind::call || n.kind == node_kind::item)
      out_.used[n.item] = true;
  }
  auto result = emit(tree_.root(), 0);
  put(op::done, 0, result);
  if (!problem_)
    return fail(problem_.error());
  if (temporaries_ + out_.constants.size() > most_registers || out_.windows.size() > most_registers)
    return fail(ec::bad_request, "the condition is too large");
  settle();
  return std::move(out_);
}

void compiler::note_range(const window_range& range) {
  out_.lookback_points = std::max(out_.lookback_points, range.points);
  out_.lookback_ms =
    std::max(out_.lookback_ms, static_cast<int64_t>(std::ceil(to_ms(range.seconds))));
}

compiler::reg compiler::temporary(reg r) {
  temporaries_ = std::max(temporaries_, r + 1);
  return r;
}

void compiler::put(op code, reg dst, reg a, reg b) { drafts_.push_back({code, dst, a, b}); }

size_t compiler::put_jump(op code, reg condition) {
  put(code, condition);
  return drafts_.size() - 1;
}

void compiler::land(size_t jump) { drafts_[jump].a = static_cast<reg>(drafts_.size()); }

compiler::reg compiler::constant_of(const cell& c) {
  bool text = c.what == kind::text;
  auto key = std::tuple(
    c.what, text ? 0 : static_cast<uint64_t>(c.bits), text ? std::string(c.text()) : std::string());
  auto [known, is_new] =
    known_constants_.try_emplace(key, constant_bit | static_cast<reg>(out_.constants.size()));
  if (is_new)
    out_.constants.push_back(text ? cell::of(std::string_view(out_.texts.emplace_front(c.text())))
                                  : c);
  return known->second;
}

/// Emits a node. @return Where its value is: `target`, or a constant.
compiler::reg compiler::emit(int32_t i, reg target) {
  const auto& n = tree_[i];
  switch (n.kind) {
  case node_kind::literal: {
    text_store texts;
    return constant_of(cell_of(n.literal, texts));
  }
  case node_kind::item:
    put(op::load, temporary(target), n.item);
    return target;
  case node_kind::unary:
    return unary(n, target);
  case node_kind::ternary:
    return ternary(n, target);
  case node_kind::membership:
    return membership(n, target);
  case node_kind::call:
    return n.code == op::keyword ? keyword(n, target) : call(n, target);
  default:
    return infix(i, target);
  }
}

/// Emits a node so that its value, null too, is in `target`.
void compiler::into(reg target, int32_t i) {
  auto r = emit(i, target);
  if (r != target)
    put(op::copy, temporary(target), r);
}

/// The same where null is an error.
void compiler::value_into(reg target, int32_t i) {
  auto r = emit(i, target);
  if (is_constant(r) && constant(r).what == kind::null)
    put(op::fail, temporary(target));
  else if (r != target)
    put(op::copy, temporary(target), r);
}

/// A left-leaning run of infix operators; a loop, because it may be as long as the text.
compiler::reg compiler::infix(int32_t i, reg target) {
  std::vector<int32_t> spine;
  for (; is_infix(tree_[i]); i = tree_[i].parts[0])
    spine.push_back(i);
  auto r = emit(i, target);
  for (auto at = spine.rbegin(); at != spine.rend(); ++at) {
    const auto& n = tree_[*at];
    if (n.kind != node_kind::binary)
      r = logical(n, r, target);
    else
      r = arithmetic(n.code, r, emit(n.parts[1], is_constant(r) ? target : target + 1), target);
  }
  return r;
}

compiler::reg compiler::arithmetic(op code, reg a, reg b, reg target) {
  // Texts are joined when run: folding a long chain would keep every step of it.
  bool joins = code == op::add && is_constant(a) && constant(a).what == kind::text;
  if (is_constant(a) && is_constant(b) && !joins) {
    cell folded = cell::null();
    text_store texts;
    if (!apply(code, constant(a), constant(b), folded, texts))
      return constant_of(folded);
  }
  put(code, temporary(target), a, b);
  return target;
}

compiler::reg compiler::logical(const node& n, reg a, reg target) {
  bool is_and = n.kind == node_kind::logical_and;
  if (is_constant(a)) {
    if (constant(a).what == kind::null) {
      put(op::fail, temporary(target));
      return target;
    }
    if (truthy(constant(a)) != is_and)
      return a; // It decides.
    auto b = emit(n.parts[1], target);
    if (!is_constant(b) || constant(b).what != kind::null)
      return b;
    put(op::fail, temporary(target));
    return target;
  }
  auto jump = put_jump(is_and ? op::jump_if_false : op::jump_if_true, target);
  value_into(target, n.parts[1]);
  land(jump);
  return target;
}

compiler::reg compiler::unary(const node& n, reg target) {
  auto a = emit(n.parts[0], target);
  cell folded = cell::null();
  if (is_constant(a) && !apply(n.code, constant(a), folded))
    return constant_of(folded);
  put(n.code, temporary(target), a);
  return target;
}

compiler::reg compiler::ternary(const node& n, reg target) {
  auto condition = emit(n.parts[0], target);
  if (is_constant(condition)) {
    if (constant(condition).what == kind::null) {
      put(op::fail, temporary(target));
      return target;
    }
    auto chosen = emit(n.parts[truthy(constant(condition)) ? 1 : 2], target);
    if (!is_constant(chosen) || constant(chosen).what != kind::null)
      return chosen;
    put(op::fail, temporary(target));
    return target;
  }
  auto to_else = put_jump(op::jump_if_false, condition);
  value_into(target, n.parts[1]);
  auto to_end = put_jump(op::jump, 0);
  land(to_else);
  value_into(target, n.parts[2]);
  land(to_end);
  return target;
}

compiler::reg compiler::membership(const node& n, reg target) {
  for (size_t i = 0; i < n.list.size(); ++i)
    into(target + static_cast<reg>(i), n.list[i]);
  put(n.code, temporary(target), target, static_cast<reg>(out_.members.size()));
  out_.members.push_back(
    {static_cast<uint16_t>(n.left_pairs), static_cast<uint16_t>(n.list.size() / 2 - n.left_pairs)});
  return target;
}

compiler::reg compiler::keyword(const node& n, reg target) {
  auto pattern = emit(n.list[0], target);
  put(op::keyword, temporary(target), n.item, pattern);
  return target;
}

uint16_t compiler::state_of(op function, const window_call& call) {
  auto& states = function == op::sum      ? out_.sum_states
                 : function == op::rate   ? out_.rate_states
                 : function == op::count  ? out_.count_states
                 : function == op::change ? out_.history_states
                                          : out_.extreme_states;
  auto key = std::tuple(function, call.item, call.points, call.age_ms);
  if (auto known = known_states_.find(key); known != known_states_.end() && function != op::count)
    return known->second;
  known_states_[key] = states;
  return states++;
}

compiler::reg compiler::call(const node& n, reg target) {
  reg pattern = 0, comparison = 0;
  if (n.code == op::count) {
    pattern = emit(n.list[0], target);
    comparison = emit(n.list[1], is_constant(pattern) ? target : target + 1);
    if (is_constant(comparison) && problem_) {
      const auto& c = constant(comparison);
      if (c.what != kind::text || comparison_named(c.text()) == op::done)
        problem_ = fail_at(condition_, n.position, reasons::bad_comparison);
    }
    if (tree_[n.list[1]].kind != node_kind::literal && computed_comparison_.empty())
      computed_comparison_ =
        fail_at(condition_, n.position, "the comparison of count must be written literally")
          .value()
          .detail;
  }
  window_call call;
  call.function = n.code;
  call.item = n.item;
  call.points = n.range.points;
  double ms = to_ms(n.range.seconds);
  call.age_ms =
    static_cast<int64_t>(looks_back_to_one_point(n.code) ? std::ceil(ms) : std::floor(ms));
  size_t at = 0;
  bool same_each_time = n.code != op::count || (is_constant(pattern) && is_constant(comparison));
  for (; at < out_.windows.size(); ++at) {
    auto other = out_.windows[at];
    other.state = call.state;
    if (same_each_time && other == call && patterns_[at] == pattern &&
        comparisons_[at] == comparison)
      break;
  }
  if (at == out_.windows.size()) {
    call.state = state_of(family_of(n.code), call);
    out_.windows.push_back(call);
    patterns_.push_back(pattern);
    comparisons_.push_back(comparison);
  }
  put(n.code, temporary(target), static_cast<reg>(at));
  return target;
}

/// Jumps that lead to a jump which will be taken too lead there directly.
void compiler::thread_jumps() {
  for (size_t i = drafts_.size(); i-- > 0;) {
    auto& jump = drafts_[i];
    if (!is_jump(jump.code))
      continue;
    const auto& next = drafts_[jump.a];
    if (next.code == op::jump || (next.code == jump.code && next.dst == jump.dst))
      jump.a = next.a;
  }
}

/// Gives the constants in use their registers after the temporaries; steps of folding are dropped.
void compiler::settle() {
  thread_jumps();
  out_.temporaries = static_cast<uint16_t>(temporaries_);
  auto all = std::move(out_.constants);
  out_.constants.clear();
  std::map<reg, reg> places;
  auto place = [&](reg r) {
    if (!is_constant(r))
      return static_cast<uint16_t>(r);
    auto [at, is_new] =
      places.try_emplace(r, temporaries_ + static_cast<reg>(out_.constants.size()));
    if (is_new)
      out_.constants.push_back(all[r & ~constant_bit]);
    return static_cast<uint16_t>(at->second);
  };
  out_.code.reserve(drafts_.size());
  for (const auto& d : drafts_) {
    if (is_jump(d.code))
      out_.code.push_back({d.code,
                           place(d.dst),
                           static_cast<uint16_t>(d.a & 0xFFFF),
                           static_cast<uint16_t>(d.a >> 16)});
    else
      out_.code.push_back({d.code, place(d.dst), place(d.a), place(d.b)});
  }
  for (size_t i = 0; i < out_.windows.size(); ++i) {
    out_.windows[i].pattern = place(patterns_[i]);
    out_.windows[i].comparison = place(comparisons_[i]);
  }
}

} // namespace aops::expr
