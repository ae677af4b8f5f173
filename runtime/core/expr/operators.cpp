#include "runtime/core/expr/operators.hpp"

#include <array>
#include <cmath>
#include <limits>

namespace aops::expr {

namespace {

constexpr size_t longest_text = size_t{1} << 24;

constexpr bool is_bitwise(op code) { return code >= op::bit_and && code <= op::shift_right; }
constexpr bool is_comparison(op code) { return code >= op::less && code <= op::not_equal; }

reason to_whole(const cell& c, int64_t& out) {
  if (c.what == kind::text)
    return reasons::text_operand;
  if (c.what != kind::real) {
    out = c.bits;
    return nullptr;
  }
  // NaN fails both comparisons.
  if (!(c.real >= -0x1p63 && c.real < 0x1p63))
    return reasons::not_whole;
  out = static_cast<int64_t>(c.real);
  return nullptr;
}

reason shift_left(int64_t x, int64_t count, cell& out) {
  if (x == 0)
    count = 0;
  if (count > 63)
    return reasons::shift_range;
  auto shifted = static_cast<int64_t>(static_cast<uint64_t>(x) << count);
  if (shifted >> count != x)
    return reasons::shift_range;
  out = cell::of(shifted);
  return nullptr;
}

reason bitwise(op code, const cell& a, const cell& b, cell& out) {
  int64_t x = 0, y = 0;
  if (auto why = to_whole(a, x))
    return why;
  if (auto why = to_whole(b, y))
    return why;
  switch (code) {
  case op::bit_and:
    out = cell::of(x & y);
    return nullptr;
  case op::bit_or:
    out = cell::of(x | y);
    return nullptr;
  case op::bit_xor:
    out = cell::of(x ^ y);
    return nullptr;
  default:
    break;
  }
  if (y < 0)
    return reasons::negative_shift;
  if (code == op::shift_left)
    return shift_left(x, y, out);
  out = cell::of(x >> std::min<int64_t>(y, 63));
  return nullptr;
}

__extension__ using wide = __int128;

/// An integer while it fits, else the nearest double.
number narrowed(wide x) {
  constexpr wide most = std::numeric_limits<int64_t>::max(),
                 least = std::numeric_limits<int64_t>::min();
  return x >= least && x <= most ? number::of(static_cast<int64_t>(x))
                                 : number::of(static_cast<double>(x));
}

number times(number a, number b) {
  if (a.is_integer() && b.is_integer())
    return narrowed(wide{a.integer()} * b.integer());
  return number::of(a.as_double() * b.as_double());
}

/// The remainder with the sign of the divisor.
number floor_modulo(number a, number b) {
  if (a.is_integer() && b.is_integer()) {
    int64_t y = b.integer();
    if (y == -1) // The smallest integer by -1 would overflow.
      return number::of(int64_t{0});
    int64_t rest = a.integer() % y;
    return number::of(rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest);
  }
  double y = b.as_double();
  double rest = std::fmod(a.as_double(), y);
  if (rest == 0)
    return number::of(std::copysign(0.0, y));
  return number::of((rest < 0) != (y < 0) ? rest + y : rest);
}

reason arithmetic(op code, number a, number b, cell& out) {
  if ((code == op::div || code == op::mod) && b.as_double() == 0)
    return reasons::zero_division;
  switch (code) {
  case op::add:
    out = cell::of(plus(a, b));
    break;
  case op::sub:
    out = cell::of(minus(a, b));
    break;
  case op::mul:
    out = cell::of(times(a, b));
    break;
  case op::div:
    out = cell::of(quotient(a, b));
    break;
  default:
    out = cell::of(floor_modulo(a, b));
    break;
  }
  return nullptr;
}

reason on_texts(op code, std::string_view a, std::string_view b, cell& out, text_store& texts) {
  if (is_comparison(code)) {
    out = cell::of(satisfies(code, a.compare(b) <=> 0)); // UTF-8 sorts by code point.
    return nullptr;
  }
  if (code != op::add)
    return reasons::text_operand;
  if (a.size() + b.size() > longest_text)
    return reasons::long_text;
  // A chain of + goes on in the text it made last: a temporary is read once, and a chain costs no
  // square of its length.
  bool goes_on =
    !texts.empty() && texts.front().data() == a.data() && texts.front().size() == a.size();
  auto& joined = goes_on ? texts.front() : texts.emplace_front(a);
  joined.append(b);
  out = cell::of(std::string_view(joined));
  return nullptr;
}

} // namespace

number plus(number a, number b) {
  if (a.is_integer() && b.is_integer())
    return narrowed(wide{a.integer()} + b.integer());
  return number::of(a.as_double() + b.as_double());
}

number minus(number a, number b) {
  if (a.is_integer() && b.is_integer())
    return narrowed(wide{a.integer()} - b.integer());
  return number::of(a.as_double() - b.as_double());
}

double quotient(number a, number b) {
  // Integers beyond 2^53 are divided before they are rounded.
  if (a.is_integer() && b.is_integer())
    return static_cast<double>(static_cast<long double>(a.integer()) /
                               static_cast<long double>(b.integer()));
  return a.as_double() / b.as_double();
}

reason apply(op code, const cell& a, const cell& b, cell& out, text_store& texts) {
  if (a.what == kind::null || b.what == kind::null)
    return reasons::null_operand;
  if (is_bitwise(code))
    return bitwise(code, a, b, out);
  bool a_text = a.what == kind::text, b_text = b.what == kind::text;
  if (a_text && b_text)
    return on_texts(code, a.text(), b.text(), out, texts);
  if (a_text != b_text) {
    if (code == op::equal || code == op::not_equal) {
      out = cell::of(code == op::not_equal);
      return nullptr;
    }
    return is_comparison(code) ? reasons::mixed_order : reasons::text_operand;
  }
  if (is_comparison(code)) {
    out = cell::of(satisfies(code, compare(number_of(a), number_of(b))));
    return nullptr;
  }
  return arithmetic(code, number_of(a), number_of(b), out);
}

reason apply(op code, const cell& a, cell& out) {
  if (a.what == kind::null)
    return reasons::null_operand;
  if (code == op::negate) {
    out = cell::of(!truthy(a));
    return nullptr;
  }
  if (a.what == kind::text)
    return reasons::text_operand;
  if (code == op::invert) {
    int64_t x = 0;
    if (auto why = to_whole(a, x))
      return why;
    out = cell::of(~x);
    return nullptr;
  }
  auto x = number_of(a);
  if (code == op::minus)
    x = x.is_integer() ? minus(number::of(int64_t{0}), x) : number::of(-x.real());
  out = cell::of(x);
  return nullptr;
}

bool equal_in_dict(const cell& a, const cell& b) {
  if (a.what == kind::null || b.what == kind::null)
    return a.what == b.what;
  if (a.what == kind::text || b.what == kind::text)
    return a.what == b.what && a.text() == b.text();
  return compare(number_of(a), number_of(b)) == 0;
}

bool contains(const cell* left, size_t left_pairs, const cell* right, size_t right_pairs) {
  auto last_of = [](const cell* dict, size_t pairs, const cell& key) -> const cell* {
    for (size_t i = pairs; i-- > 0;)
      if (equal_in_dict(dict[2 * i], key))
        return &dict[2 * i + 1];
    return nullptr;
  };
  for (size_t i = 0; i < left_pairs; ++i) {
    const auto& key = left[2 * i];
    // Only NaN is not even equal to itself; it has no pair anywhere.
    const auto* mine = last_of(left, left_pairs, key);
    const auto* theirs = last_of(right, right_pairs, key);
    if (!mine || !theirs || !equal_in_dict(*mine, *theirs))
      return false;
  }
  return true;
}

op comparison_named(std::string_view text) {
  constexpr std::array names = {"<", ">", "<=", ">=", "==", "!="};
  for (size_t i = 0; i < names.size(); ++i)
    if (text == names[i])
      return static_cast<op>(static_cast<size_t>(op::less) + i);
  return op::done;
}

} // namespace aops::expr
