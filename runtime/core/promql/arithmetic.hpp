#pragma once

#include "runtime/core/promql/source.hpp"

#include <string>
#include <vector>

namespace aops::promql {

/// A sum that keeps what additions lose (Neumaier).
class careful_sum {
public:
  careful_sum() = default;
  careful_sum(double sum, double rest) : sum_(sum), rest_(rest) {}
  void add(double x);
  double total() const { return sum_ + rest_; }
  double sum() const { return sum_; }
  double rest() const { return rest_; }

private:
  double sum_ = 0, rest_ = 0;
};

/// A mean by the sum, and by steps from where the sum would overflow.
class careful_mean {
public:
  void add(double x);
  double value() const;

private:
  careful_sum sum_;
  double count_ = 0;
  bool by_steps_ = false;
};

/// The `q`-quantile, between neighbours in proportion; `values` come back sorted. NaN counts as the
/// smallest. Outside 0 to 1 it is infinite.
double quantile(double q, std::vector<double>& values);

/// As short as reads back the same, never with an exponent: the value of a label.
std::string plain_text(double x);
/// As short as reads back the same, with an exponent below -4 and from 6.
std::string short_text(double x);

/// Whether they differ by at most `part` of what they are.
bool nearly_equal(double a, double b, double part);

} // namespace aops::promql
