#include "runtime/core/expr/evaluator.hpp"

#include "runtime/core/expr/operators.hpp"
#include "runtime/core/expr/window.hpp"

#include <cmath>

namespace aops::expr {

namespace {

const series& no_series() {
  static const series none;
  return none;
}

/// Doubles below this hold every integer exactly.
constexpr int64_t exact_integer = int64_t{1} << 53;

/// A real, or an integer that loses nothing as one.
bool exact_real(const cell& c, double& out) {
  if (c.what == kind::real) {
    out = c.real;
    return true;
  }
  if (c.what != kind::integer || c.bits > exact_integer || c.bits < -exact_integer)
    return false;
  out = static_cast<double>(c.bits);
  return true;
}

template <op Code, class T>
bool holds(T a, T b) {
  if constexpr (Code == op::less)
    return a < b;
  else if constexpr (Code == op::greater)
    return a > b;
  else if constexpr (Code == op::less_equal)
    return a <= b;
  else if constexpr (Code == op::greater_equal)
    return a >= b;
  else if constexpr (Code == op::equal)
    return a == b;
  else
    return a != b;
}

/// The common kinds inline; everything else by the full rules.
template <op Code>
reason comparison(const cell& a, const cell& b, cell& out, text_store& texts) {
  if (a.what == kind::integer && b.what == kind::integer) {
    out = cell::of(holds<Code>(a.bits, b.bits));
    return nullptr;
  }
  double x = 0, y = 0;
  if (exact_real(a, x) && exact_real(b, y)) {
    out = cell::of(holds<Code>(x, y));
    return nullptr;
  }
  return apply(Code, a, b, out, texts);
}

template <op Code>
reason arithmetic(const cell& a, const cell& b, cell& out, text_store& texts) {
  double x = 0, y = 0;
  bool both_integers = a.what == kind::integer && b.what == kind::integer;
  if (both_integers || !exact_real(a, x) || !exact_real(b, y) || (Code == op::div && y == 0))
    return apply(Code, a, b, out, texts);
  out = cell::of(Code == op::add   ? x + y
                 : Code == op::sub ? x - y
                 : Code == op::mul ? x * y
                                   : x / y);
  return nullptr;
}

} // namespace

/// The registers, the state of the windows, and the loop that runs the instructions.
struct machine {
  /// Begins anew, with the memory that is there.
  void reset(const program& p, std::span<const series* const> given);

  reason run(uint64_t index, cell& result);
  uint64_t point_of(size_t item, uint64_t index, int64_t t);
  reason load(size_t item, uint64_t index, int64_t t, cell& out);
  reason windowed(const window_call& call, uint64_t index, int64_t t, cell& out);
  reason extreme(const window_call& call, uint64_t k, int64_t t, cell& out);
  reason total(const window_call& call, uint64_t k, int64_t t, cell& out);
  reason rate(const window_call& call, uint64_t k, int64_t t, cell& out);
  reason count(const window_call& call, uint64_t k, int64_t t, cell& out);
  reason history(const window_call& call, uint64_t k, int64_t t, cell& out);
  reason keyword(size_t item, uint64_t index, int64_t t, const cell& pattern, cell& out);
  bool lacked_history(int64_t period_ms) const;
  size_t memory_bytes() const;

  std::shared_ptr<const program> source;
  const bytecode* code = nullptr;
  std::vector<const series*> data;
  /// Per item: where its current point was last. Empty where `$0`, which has none, is all there is.
  std::vector<uint64_t> positions;
  std::vector<cell> registers;
  std::vector<extreme_window> extremes;
  std::vector<sum_window> sums;
  std::vector<rate_window> rates;
  std::vector<count_window> counts;
  std::vector<uint64_t> histories;
  text_store texts;
  reason why = nullptr;                ///< Of the last error.
  const window_call* failed = nullptr; ///< The call it comes from.
  int64_t failed_at_ms = 0;
};

void machine::reset(const program& p, std::span<const series* const> given) {
  code = &p.code();
  data.assign(given.begin(), given.end());
  data.resize(code->item_count, nullptr);
  for (auto& s : data)
    if (!s)
      s = &no_series();
  positions.assign(code->item_count > 1 ? code->item_count : 0, 0);
  registers.reserve(code->temporaries + code->constants.size());
  registers.assign(code->temporaries, cell::null());
  registers.insert(registers.end(), code->constants.begin(), code->constants.end());
  auto forget = [](auto& windows, size_t count) {
    if (windows.size() < count)
      windows.resize(count);
    for (size_t i = 0; i < count; ++i)
      windows[i].forget();
  };
  forget(extremes, code->extreme_states);
  forget(sums, code->sum_states);
  forget(rates, code->rate_states);
  forget(counts, code->count_states);
  histories.assign(code->history_states, 0);
}

/// The point of an item at the evaluated one: that of the same index if it has the same time, else
/// the latest at or before it.
uint64_t machine::point_of(size_t item, uint64_t index, int64_t t) {
  if (item == 0)
    return index;
  const auto& s = *data[item];
  if (index >= s.first() && index < s.end() && s.time(index) == t)
    return index;
  return latest_at(s, t, positions[item]);
}

reason machine::load(size_t item, uint64_t index, int64_t t, cell& out) {
  const auto& s = *data[item];
  auto k = point_of(item, index, t);
  if (k == no_index)
    return reasons::no_point;
  if (s.is_log()) {
    out = cell::of(s.text(k));
    return nullptr;
  }
  auto x = s.value(k);
  out = cell::of(x);
  return is_unreadable(x) ? reasons::unreadable : nullptr;
}

reason machine::extreme(const window_call& call, uint64_t k, int64_t t, cell& out) {
  const auto& s = *data[call.item];
  auto& w = extremes[call.state];
  w.move_to(s, points_inside(s, call, t, k, w.begin()), call.function == op::max);
  if (w.has_unreadable())
    return reasons::unreadable;
  if (w.empty())
    return reasons::empty_window;
  out = cell::of(w.value(s));
  return nullptr;
}

reason machine::total(const window_call& call, uint64_t k, int64_t t, cell& out) {
  const auto& s = *data[call.item];
  auto& w = sums[call.state];
  w.move_to(s, points_inside(s, call, t, k, w.begin()));
  if (w.has_unreadable())
    return reasons::unreadable;
  if (w.points() == 0)
    return reasons::empty_window;
  auto sum = w.total();
  out = call.function == op::sum ? cell::of(sum) : cell::of(quotient(sum, number::of(w.points())));
  return nullptr;
}

reason machine::rate(const window_call& call, uint64_t k, int64_t t, cell& out) {
  const auto& s = *data[call.item];
  auto& w = rates[call.state];
  w.move_to(s, points_inside(s, call, t, k, w.begin()));
  if (w.has_unreadable())
    return reasons::unreadable;
  double x = 0;
  if (!w.per_second(s, x))
    return reasons::no_rate;
  out = cell::of(x);
  return nullptr;
}

reason machine::count(const window_call& call, uint64_t k, int64_t t, cell& out) {
  const auto& s = *data[call.item];
  const auto& pattern = registers[call.pattern];
  const auto& wanted = registers[call.comparison];
  auto comparison = wanted.what == kind::text ? comparison_named(wanted.text()) : op::done;
  if (comparison == op::done)
    return reasons::bad_comparison;
  auto& w = counts[call.state];
  bool stable = pattern.what != kind::text || call.pattern >= code->temporaries;
  w.move_to(s, points_inside(s, call, t, k, w.begin()), pattern, comparison, stable);
  if (w.has_unreadable())
    return reasons::unreadable;
  int64_t matches = 0;
  auto why = w.matches(s, matches);
  out = cell::of(matches);
  return why;
}

reason machine::history(const window_call& call, uint64_t k, int64_t t, cell& out) {
  const auto& s = *data[call.item];
  if (k == no_index)
    return reasons::no_point;
  auto earlier = no_index;
  if (call.points == 0)
    earlier = latest_at(s, time_before(t, call.age_ms), histories[call.state]);
  else if (k - s.first() >= call.points)
    earlier = k - call.points;
  if (earlier == no_index)
    return reasons::nothing_earlier;
  if (s.is_log()) {
    if (call.function != op::diff)
      return reasons::text_operand;
    out = cell::of(s.text(k) != s.text(earlier));
    return nullptr;
  }
  auto now = s.value(k), then = s.value(earlier);
  if (is_unreadable(now) || is_unreadable(then))
    return reasons::unreadable;
  if (call.function == op::diff) {
    out = cell::of(compare(now, then) != 0);
    return nullptr;
  }
  auto change = minus(now, then);
  bool negative = change.is_integer() ? change.integer() < 0 : std::signbit(change.real());
  if (call.function == op::abschange && negative)
    change =
      change.is_integer() ? minus(number::of(int64_t{0}), change) : number::of(-change.real());
  out = cell::of(change);
  return nullptr;
}

reason machine::windowed(const window_call& call, uint64_t index, int64_t t, cell& out) {
  auto k = point_of(call.item, index, t);
  switch (call.function) {
  case op::diff:
  case op::change:
  case op::abschange:
    return history(call, k, t, out);
  case op::count:
    return count(call, k, t, out);
  default:
    break;
  }
  if (data[call.item]->is_log())
    return k == no_index ? reasons::empty_window : reasons::text_operand;
  switch (call.function) {
  case op::max:
  case op::min:
    return extreme(call, k, t, out);
  case op::rate:
    return rate(call, k, t, out);
  default:
    return total(call, k, t, out);
  }
}

reason machine::keyword(size_t item, uint64_t index, int64_t t, const cell& pattern, cell& out) {
  cell text = cell::null();
  if (auto why = load(item, index, t, text))
    return why;
  if (text.what != kind::text || pattern.what != kind::text)
    return reasons::keyword_text;
  out = cell::of(text.text().find(pattern.text()) != std::string_view::npos);
  return nullptr;
}

reason machine::run(uint64_t index, cell& result) {
  if (data.empty() || index < data[0]->first() || index >= data[0]->end())
    return reasons::no_index;
  if (!texts.empty())
    texts.clear();
  const int64_t t = data[0]->time(index);
  cell* const r = registers.data();
  const instruction* at = code->code.data();
  while (true) {
    const auto i = *at++;
    reason why = nullptr;
    switch (i.code) {
    case op::add:
      why = arithmetic<op::add>(r[i.a], r[i.b], r[i.dst], texts);
      break;
    case op::sub:
      why = arithmetic<op::sub>(r[i.a], r[i.b], r[i.dst], texts);
      break;
    case op::mul:
      why = arithmetic<op::mul>(r[i.a], r[i.b], r[i.dst], texts);
      break;
    case op::div:
      why = arithmetic<op::div>(r[i.a], r[i.b], r[i.dst], texts);
      break;
    case op::less:
      why = comparison<op::less>(r[i.a], r[i.b], r[i.dst], texts);
      break;
    case op::greater:
      why = comparison<op::greater>(r[i.a], r[i.b], r[i.dst], texts);
      break;
    case op::less_equal:
      why = comparison<op::less_equal>(r[i.a], r[i.b], r[i.dst], texts);
      break;
    case op::greater_equal:
      why = comparison<op::greater_equal>(r[i.a], r[i.b], r[i.dst], texts);
      break;
    case op::equal:
      why = comparison<op::equal>(r[i.a], r[i.b], r[i.dst], texts);
      break;
    case op::not_equal:
      why = comparison<op::not_equal>(r[i.a], r[i.b], r[i.dst], texts);
      break;
    case op::mod:
    case op::bit_and:
    case op::bit_or:
    case op::bit_xor:
    case op::shift_left:
    case op::shift_right:
      why = apply(i.code, r[i.a], r[i.b], r[i.dst], texts);
      break;
    case op::plus:
    case op::minus:
    case op::negate:
    case op::invert:
      why = apply(i.code, r[i.a], r[i.dst]);
      break;
    case op::load:
      why = load(i.a, index, t, r[i.dst]);
      break;
    case op::copy:
      r[i.dst] = r[i.a];
      break;
    case op::jump_if_false:
    case op::jump_if_true:
      if (truthy(r[i.dst]) != (i.code == op::jump_if_true))
        break;
      [[fallthrough]];
    case op::jump:
      at = code->code.data() + (i.a | static_cast<uint32_t>(i.b) << 16);
      break;
    case op::fail:
      why = reasons::null_operand;
      break;
    case op::contains:
    case op::contains_not: {
      const auto& m = code->members[i.b];
      r[i.dst] = cell::of(contains(r + i.a, m.left, r + i.a + 2 * m.left, m.right) ==
                          (i.code == op::contains));
      break;
    }
    case op::keyword:
      why = keyword(i.a, index, t, r[i.b], r[i.dst]);
      break;
    case op::done:
      result = r[i.a];
      return nullptr;
    default:
      why = windowed(code->windows[i.a], index, t, r[i.dst]);
      if (why) {
        failed = &code->windows[i.a];
        failed_at_ms = t;
      }
      break;
    }
    if (why)
      return why;
  }
}

/// A function that sees too little, in a window that is not full.
bool machine::lacked_history(int64_t period_ms) const {
  if (failed == nullptr)
    return false;
  if (why == reasons::nothing_earlier)
    return true; // The grid has a point one period before any window.
  if (why != reasons::no_rate && why != reasons::empty_window)
    return false;
  const auto& s = *data[failed->item];
  auto full = failed->points > 0 ? int64_t{failed->points} : failed->age_ms / period_ms + 1;
  auto begin = failed->points > 0
                 ? s.first() + (s.size() > failed->points ? s.size() - failed->points : 0)
                 : s.lower_bound(time_before(failed_at_ms, failed->age_ms));
  return static_cast<int64_t>(s.upper_bound(failed_at_ms) - begin) < full;
}

size_t machine::memory_bytes() const {
  auto of = [](const auto& v) { return v.capacity() * sizeof(v[0]); };
  size_t bytes = sizeof(*this) + of(data) + of(positions) + of(registers) + of(extremes) +
                 of(sums) + of(rates) + of(counts) + of(histories);
  for (const auto& w : extremes)
    bytes += w.memory_bytes();
  for (const auto& w : sums)
    bytes += w.memory_bytes();
  for (const auto& w : rates)
    bytes += w.memory_bytes();
  for (const auto& text : texts)
    bytes += sizeof(text) + sizeof(void*) + text.capacity();
  return bytes;
}

evaluator::evaluator(std::shared_ptr<const program> p, std::vector<const series*> data)
    : machine_(std::make_unique<machine>()) {
  machine_->reset(*p, data);
  machine_->source = std::move(p);
}

evaluator::evaluator(evaluator&&) noexcept = default;
evaluator& evaluator::operator=(evaluator&&) noexcept = default;
evaluator::~evaluator() = default;

verdict evaluator::verdict_at(uint64_t index) {
  cell result = cell::null();
  machine_->failed = nullptr;
  if ((machine_->why = machine_->run(index, result)))
    return verdict::error;
  return truthy(result) ? verdict::abnormal : verdict::normal;
}

outcome evaluator::at(uint64_t index) {
  cell result = cell::null();
  machine_->failed = nullptr;
  if ((machine_->why = machine_->run(index, result)))
    return {verdict::error, {}, machine_->why};
  outcome o{truthy(result) ? verdict::abnormal : verdict::normal, {}, {}};
  switch (result.what) {
  case kind::null:
    break;
  case kind::boolean:
    o.result = value::of(result.bits != 0);
    break;
  case kind::integer:
    o.result = value::of(result.bits);
    break;
  case kind::real:
    o.result = value::of(result.real);
    break;
  case kind::text:
    o.result = value::of(std::string(result.text()));
    break;
  }
  return o;
}

const char* evaluator::why() const { return machine_->why; }

bool evaluator::lacked_history(int64_t period_ms) const {
  return machine_->lacked_history(period_ms);
}

judgement judge_once(const program& p,
                     std::span<const series* const> data,
                     uint64_t index,
                     int64_t period_ms) {
  static thread_local machine m;
  m.reset(p, data);
  cell result = cell::null();
  m.failed = nullptr;
  if ((m.why = m.run(index, result)))
    return {verdict::error, m.why, m.lacked_history(period_ms)};
  return {truthy(result) ? verdict::abnormal : verdict::normal, nullptr, false};
}

size_t evaluator::memory_bytes() const { return sizeof(*this) + machine_->memory_bytes(); }

} // namespace aops::expr
