#include "runtime/core/promql/arithmetic.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace aops::promql {

void careful_sum::add(double x) {
  double t = sum_ + x;
  if (std::isinf(t))
    rest_ = 0;
  else if (std::abs(sum_) >= std::abs(x))
    rest_ += (sum_ - t) + x;
  else
    rest_ += (x - t) + sum_;
  sum_ = t;
}

void careful_mean::add(double x) {
  count_ += 1;
  if (!by_steps_) {
    auto next = sum_;
    next.add(x);
    if (count_ == 1 || !std::isinf(next.sum())) {
      sum_ = next;
      return;
    }
    // From here on the sum would overflow.
    by_steps_ = true;
    sum_ = careful_sum(sum_.sum() / (count_ - 1), sum_.rest() / (count_ - 1));
  }
  if (std::isinf(sum_.sum())) {
    bool same = std::isinf(x) && (x > 0) == (sum_.sum() > 0);
    if (same || std::isfinite(x))
      return; // Infinite it stays; the formula below would make NaN of it.
  }
  double kept = (count_ - 1) / count_;
  sum_ = careful_sum(kept * sum_.sum(), kept * sum_.rest());
  sum_.add(x / count_);
}

double careful_mean::value() const {
  return by_steps_ ? sum_.total() : sum_.sum() / count_ + sum_.rest() / count_;
}

double quantile(double q, std::vector<double>& values) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (values.empty() || std::isnan(q))
    return std::numeric_limits<double>::quiet_NaN();
  if (q < 0 || q > 1)
    return q < 0 ? -infinity : infinity;
  std::sort(values.begin(), values.end(), [](double a, double b) {
    return std::isnan(a) ? !std::isnan(b) : a < b;
  });
  double last = static_cast<double>(values.size() - 1), rank = q * last;
  double lower = std::floor(rank), weight = rank - lower;
  double upper = std::min(last, lower + 1);
  return values[static_cast<size_t>(lower)] * (1 - weight) +
         values[static_cast<size_t>(upper)] * weight;
}

std::string plain_text(double x) {
  if (std::isnan(x))
    return "NaN";
  if (std::isinf(x))
    return x > 0 ? "+Inf" : "-Inf";
  std::array<char, 1100> text;
  auto end = std::to_chars(text.data(), text.data() + text.size(), x, std::chars_format::fixed).ptr;
  return {text.data(), end};
}

std::string short_text(double x) {
  if (!std::isfinite(x))
    return plain_text(x);
  std::array<char, 40> text;
  auto end =
    std::to_chars(text.data(), text.data() + text.size(), x, std::chars_format::scientific).ptr;
  std::string exact(text.data(), end);
  int exponent = std::atoi(exact.c_str() + exact.find('e') + 1);
  return exponent < -4 || exponent >= 6 ? exact : plain_text(x);
}

bool nearly_equal(double a, double b, double part) {
  if (std::isnan(a) && std::isnan(b))
    return true;
  if (a == b)
    return true;
  constexpr double smallest = std::numeric_limits<double>::min();
  double distance = std::abs(a - b), size = std::abs(a) + std::abs(b);
  if (a == 0 || b == 0 || size < smallest)
    return distance < part * smallest;
  return distance / std::min(size, std::numeric_limits<double>::max()) < part;
}

} // namespace aops::promql
