#include "runtime/base/often_told.hpp"

#include <boost/test/unit_test.hpp>

namespace often_told_test {

using aops::base::often_told;

BOOST_AUTO_TEST_SUITE(often)

BOOST_AUTO_TEST_CASE(the_first_few_are_told_and_then_one_a_minute_with_how_many_were_left_out) {
  often_told news;
  for (int64_t i = 0; i < often_told::first; ++i)
    BOOST_TEST((news.due(i) == 0));
  for (int64_t i = 0; i < 1000; ++i)
    BOOST_TEST(!news.due(10 + i));
  BOOST_TEST((news.due(often_told::first - 1 + often_told::pause_ms) == 1000));
  BOOST_TEST(!news.due(often_told::first + often_told::pause_ms));
  BOOST_TEST((news.due(often_told::first + 3 * often_told::pause_ms) == 1));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace often_told_test
