#include "actors/region/region_steps.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(steps_of_regions)

BOOST_AUTO_TEST_CASE(the_last_of_all_ends_the_waiting_and_only_that) {
  int ended = 0;
  auto one_less = aops::actors::after_all(3, [&] { ++ended; });
  auto copy = one_less;
  one_less();
  copy();
  BOOST_TEST(ended == 0);
  one_less();
  BOOST_TEST(ended == 1);
}

BOOST_AUTO_TEST_SUITE_END()
