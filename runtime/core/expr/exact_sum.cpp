#include "runtime/core/expr/exact_sum.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace aops::expr {

namespace {

constexpr int bits_per_limb = 32;
constexpr uint64_t limb_mask = 0xFFFF'FFFF;
constexpr int smallest_exponent = -1074; // of the lowest bit of the smallest double
constexpr int units_bit = -smallest_exponent;
/// Limbs that the largest sum can need: 2098 bits of doubles and 64 of their number.
constexpr size_t most_limbs = 70;
constexpr uint32_t carry_every = 1u << 29;

double scaled(double x, int exponent) {
  if (exponent < -1000 || exponent > 900)
    return std::ldexp(x, exponent);
  return x * std::bit_cast<double>(static_cast<uint64_t>(exponent + 1023) << 52);
}

} // namespace

void exact_sum::clear() {
  integers_ = 0;
  limbs_.clear();
  loose_ = 0;
  reals_ = 0;
  nans_ = positive_infinities_ = negative_infinities_ = 0;
}

void exact_sum::cover(int from, int until) {
  if (limbs_.empty()) {
    lowest_ = from;
    limbs_.assign(static_cast<size_t>(until - from), 0);
    return;
  }
  if (from < lowest_) {
    limbs_.insert(limbs_.begin(), static_cast<size_t>(lowest_ - from), 0);
    lowest_ = from;
  }
  int end = lowest_ + static_cast<int>(limbs_.size());
  if (until > end) {
    // The last limb is signed and may hold more than 32 bits; it stays right as an inner one until
    // carries propagate.
    limbs_.resize(limbs_.size() + static_cast<size_t>(until - end), 0);
  }
}

void exact_sum::add_bits(uint64_t mantissa, unsigned position, bool negative) {
  int limb = static_cast<int>(position / bits_per_limb);
  if (limb < lowest_ || limb + 3 > lowest_ + static_cast<int>(limbs_.size()) || limbs_.empty())
    cover(limb, limb + 3);
  __extension__ using unsigned_wide = unsigned __int128;
  auto shifted = static_cast<unsigned_wide>(mantissa) << (position % bits_per_limb);
  auto part = [&](int shift) {
    return static_cast<int64_t>(static_cast<uint64_t>(shifted >> shift) & limb_mask);
  };
  auto* at = limbs_.data() + (limb - lowest_);
  if (negative) {
    at[0] -= part(0);
    at[1] -= part(32);
    at[2] -= part(64);
  } else {
    at[0] += part(0);
    at[1] += part(32);
    at[2] += part(64);
  }
  if (++loose_ == carry_every)
    rounded();
}

void exact_sum::add_real(double x, int count) {
  reals_ += count;
  auto bits = std::bit_cast<uint64_t>(x);
  unsigned exponent = bits >> 52 & 0x7FF;
  uint64_t mantissa = bits & 0xF'FFFF'FFFF'FFFF;
  bool negative = bits >> 63;
  if (exponent == 0x7FF) {
    (mantissa != 0 ? nans_ : negative ? negative_infinities_ : positive_infinities_) += count;
    return;
  }
  if (exponent == 0)
    exponent = 1; // Subnormal: no hidden bit, the same scale as exponent 1.
  else
    mantissa |= uint64_t{1} << 52;
  if (mantissa != 0)
    add_bits(mantissa, exponent - 1, negative != (count < 0));
}

void exact_sum::add_integers(wide x) {
  bool negative = x < 0;
  __extension__ using unsigned_wide = unsigned __int128;
  auto magnitude = negative ? -static_cast<unsigned_wide>(x) : static_cast<unsigned_wide>(x);
  for (unsigned shift = 0; shift < 128; shift += 32)
    add_bits(static_cast<uint64_t>(magnitude >> shift) & limb_mask,
             static_cast<unsigned>(units_bit) + shift,
             negative);
}

/// Propagates carries and rounds to the nearest double, ties to even.
double exact_sum::rounded() {
  loose_ = 0;
  int64_t carry = 0;
  for (auto& limb : limbs_) {
    int64_t x = limb + carry;
    limb = static_cast<int64_t>(static_cast<uint64_t>(x) & limb_mask);
    carry = x >> bits_per_limb;
  }
  if (limbs_.empty())
    return 0;
  // What the last limb carries out is the sign and whatever is above it: 0 and -1 need no limb of
  // their own.
  limbs_.back() += carry * (int64_t{1} << bits_per_limb);
  while (limbs_.back() > static_cast<int64_t>(limb_mask) ||
         limbs_.back() < -static_cast<int64_t>(limb_mask)) {
    int64_t x = limbs_.back();
    limbs_.back() = static_cast<int64_t>(static_cast<uint64_t>(x) & limb_mask);
    limbs_.push_back(x >> bits_per_limb);
  }
  bool negative = limbs_.back() < 0;
  std::array<uint32_t, most_limbs> digits;
  size_t count = std::min(limbs_.size(), most_limbs);
  uint64_t borrow = negative ? 1 : 0;
  for (size_t i = 0; i < count; ++i) { // The magnitude: two's complement when negative.
    uint64_t digit = static_cast<uint64_t>(limbs_[i]) & limb_mask;
    digit = negative ? (~digit & limb_mask) + borrow : digit;
    borrow = digit >> bits_per_limb;
    digits[i] = static_cast<uint32_t>(digit);
  }
  size_t top = count;
  while (top > 0 && digits[top - 1] == 0)
    --top;
  if (top == 0)
    return 0;
  // 62 or more bits from the highest limb down, and one for whether anything below is set: enough
  // to round once.
  auto digit = [&](size_t below) { return below < top ? uint64_t{digits[top - 1 - below]} : 0; };
  int spare = std::countl_zero(digits[top - 1]);
  uint64_t head = digit(0) << 32 | digit(1);
  head = spare == 0 ? head : head << spare | digit(2) >> (32 - spare);
  bool rest = spare == 0 ? digit(2) != 0 : static_cast<uint32_t>(digit(2) << spare) != 0;
  for (size_t below = 3; below < top && !rest; ++below)
    rest = digit(below) != 0;
  uint64_t kept = head >> 1 | (head & 1) | (rest ? 1 : 0);
  int exponent =
    (lowest_ + static_cast<int>(top) - 2) * bits_per_limb + smallest_exponent - spare + 1;
  double magnitude = scaled(static_cast<double>(static_cast<int64_t>(kept)), exponent);
  return negative ? -magnitude : magnitude;
}

number exact_sum::total() {
  constexpr wide most = std::numeric_limits<int64_t>::max(),
                 least = std::numeric_limits<int64_t>::min();
  if (reals_ == 0)
    return integers_ >= least && integers_ <= most ? number::of(static_cast<int64_t>(integers_))
                                                   : number::of(static_cast<double>(integers_));
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (nans_ != 0 || (positive_infinities_ != 0 && negative_infinities_ != 0))
    return number::of(std::numeric_limits<double>::quiet_NaN());
  if (positive_infinities_ != 0 || negative_infinities_ != 0)
    return number::of(positive_infinities_ != 0 ? infinity : -infinity);
  if (integers_ == 0)
    return number::of(rounded());
  // Whole numbers among the doubles join for this reading only; being exact, they leave again
  // without a trace.
  add_integers(integers_);
  double sum = rounded();
  add_integers(-integers_);
  return number::of(sum);
}

} // namespace aops::expr
