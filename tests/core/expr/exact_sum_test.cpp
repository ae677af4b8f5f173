#include "runtime/core/expr/exact_sum.hpp"
#include "tests/core/expr/support.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace exact_sum_test {

using namespace tests;

namespace {

double real_total(exact_sum& sum) { return sum.total().as_double(); }

number any_finite(random_source& random) {
  if (random.one_in(4))
    return number::of(static_cast<int64_t>(random.bits()));
  double x = std::bit_cast<double>(random.bits());
  return number::of(std::isfinite(x) ? x : 0.5);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_sum_forgets_what_is_taken_out_without_a_trace) {
  random_source random(3);
  for (int round = 0; round < 300; ++round) {
    exact_sum sum, fresh;
    std::vector<number> out, kept;
    for (int i = 0; i < 60; ++i) {
      auto x = any_finite(random);
      sum.add(x);
      (random.one_in(3) ? kept : out).push_back(x);
      if (random.one_in(5))
        (void)sum.total(); // Reading changes nothing.
    }
    for (auto x : out)
      sum.subtract(x);
    for (auto x = kept.rbegin(); x != kept.rend(); ++x)
      fresh.add(*x);
    BOOST_REQUIRE(sum.total() == fresh.total());
  }
}

BOOST_AUTO_TEST_CASE(a_sum_is_rounded_once) {
  exact_sum sum;
  for (double x : {1e16, 1.0, -1e16})
    sum.add(number::of(x));
  BOOST_TEST(real_total(sum) == 1.0);
  sum.clear();
  for (int i = 0; i < 10; ++i)
    sum.add(number::of(0.1));
  BOOST_TEST(real_total(sum) == 1.0);
  sum.clear();
  for (double x : {1.0, 0x1p-53, 0x1p-106}) // Just above the middle between two doubles.
    sum.add(number::of(x));
  BOOST_TEST(real_total(sum) == 1.0 + 0x1p-52);
  sum.clear();
  for (double x : {1.0, 0x1p-53}) // The middle goes to the even one.
    sum.add(number::of(x));
  BOOST_TEST(real_total(sum) == 1.0);
  sum.subtract(number::of(1.0));
  sum.add(number::of(-1.0 - 0x1p-52));
  BOOST_TEST(real_total(sum) == -1.0 - 0x1p-53);
}

BOOST_AUTO_TEST_CASE(a_sum_of_two_doubles_is_what_the_processor_says) {
  random_source random(4);
  for (int i = 0; i < 50'000; ++i) {
    // Near enough in size for the low bits to matter.
    auto shape = [&] {
      auto exponent = static_cast<int>(random.below(120)) - 60;
      return std::ldexp(static_cast<double>(random.bits() >> 11), exponent) *
             (random.one_in(2) ? 1 : -1);
    };
    double a = shape(), b = shape();
    exact_sum sum;
    sum.add(number::of(a));
    sum.add(number::of(b));
    BOOST_REQUIRE_EQUAL(real_total(sum), a + b);
  }
}

BOOST_AUTO_TEST_CASE(a_sum_reaches_from_the_smallest_to_the_largest_double) {
  constexpr double smallest = std::numeric_limits<double>::denorm_min(),
                   largest = std::numeric_limits<double>::max();
  exact_sum sum;
  sum.add(number::of(largest));
  sum.add(number::of(smallest));
  BOOST_TEST(real_total(sum) == largest);
  sum.subtract(number::of(largest));
  BOOST_TEST(real_total(sum) == smallest);
  sum.subtract(number::of(smallest));
  sum.subtract(number::of(smallest));
  BOOST_TEST(real_total(sum) == -smallest);
  sum.clear();
  sum.add(number::of(largest));
  sum.add(number::of(largest));
  BOOST_TEST(real_total(sum) == std::numeric_limits<double>::infinity());
  sum.subtract(number::of(largest));
  BOOST_TEST(real_total(sum) == largest);
}

BOOST_AUTO_TEST_CASE(a_sum_of_integers_is_an_integer_while_it_fits) {
  exact_sum sum;
  sum.add(number::of(INT64_MAX));
  BOOST_TEST(sum.total().is_integer());
  sum.add(number::of(int64_t{1}));
  BOOST_TEST(!sum.total().is_integer());
  BOOST_TEST(real_total(sum) == 0x1p63);
  sum.subtract(number::of(int64_t{1}));
  BOOST_TEST(sum.total().integer() == INT64_MAX);
  sum.add(number::of(0.5));
  BOOST_TEST(!sum.total().is_integer());
  sum.subtract(number::of(INT64_MAX));
  BOOST_TEST(real_total(sum) == 0.5);
}

BOOST_AUTO_TEST_CASE(infinities_count_while_they_are_in) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  exact_sum sum;
  sum.add(number::of(2.5));
  sum.add(number::of(infinity));
  BOOST_TEST(real_total(sum) == infinity);
  sum.add(number::of(-infinity));
  BOOST_TEST(std::isnan(real_total(sum)));
  sum.subtract(number::of(infinity));
  BOOST_TEST(real_total(sum) == -infinity);
  sum.subtract(number::of(-infinity));
  BOOST_TEST(real_total(sum) == 2.5);
}

} // namespace exact_sum_test
