#pragma once

#include "messages/sample.hpp"

#include <cstdint>
#include <vector>

namespace aops::expr {

/// The exact sum of a changing set of numbers: what was added can be subtracted again without a
/// trace.
///
/// A running `sum += in; sum -= out` in doubles keeps the rounding of everything that ever passed
/// through the window, so the same window would have another sum after a restart. Re-basing it at
/// fixed times would cure that at the price of storing suffix sums of a window. Here the sum is
/// kept as a fixed-point number wide enough for the doubles seen (32 bits per limb, usually four or
/// five limbs), and integers as one of 128 bits. So addition is exact, order and history leave no
/// trace, and a value depends only on the numbers in the window. It is rounded once, when read,
/// which also is the most accurate answer.
class exact_sum {
public:
  /// `subtract` takes out what was added; to count downwards, add the negative.
  void add(number x) { x.is_integer() ? void(integers_ += x.integer()) : add_real(x.real(), 1); }
  void subtract(number x) {
    x.is_integer() ? void(integers_ -= x.integer()) : add_real(x.real(), -1);
  }
  void clear();

  /// An integer when only integers are in it and their sum fits 64 bits, else the nearest double.
  /// NaN when a NaN or both infinities are in it.
  number total();
  size_t memory_bytes() const { return limbs_.capacity() * sizeof(int64_t); }

private:
  __extension__ using wide = __int128;

  /// `count` is 1 or -1 when added, and the opposite when the same `x` is taken out.
  void add_real(double x, int count);
  void add_bits(uint64_t mantissa, unsigned position, bool negative);
  void add_integers(wide x);
  void cover(int from, int until);
  double rounded();

  wide integers_ = 0;
  /// Limb i counts 2^(32 * (lowest_ + i) - 1074); at rest all but the last are in [0, 2^32).
  std::vector<int64_t> limbs_;
  int lowest_ = 0;
  uint32_t loose_ = 0; ///< Additions since carries were last propagated.
  int64_t reals_ = 0;  ///< Doubles in it.
  int32_t nans_ = 0, positive_infinities_ = 0, negative_infinities_ = 0;
};

} // namespace aops::expr
