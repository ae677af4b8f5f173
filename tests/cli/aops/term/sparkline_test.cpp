#include "cli/aops/term/sparkline.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <vector>

namespace aops::cli {

namespace {

std::string drawn(std::vector<double> values, size_t width = 24, bool unicode = true) {
  return sparkline(values, width, unicode);
}

} // namespace

BOOST_AUTO_TEST_SUITE(sparklines)

BOOST_AUTO_TEST_CASE(values_are_bars_from_the_least_to_the_greatest) {
  BOOST_TEST(drawn({0, 1, 2, 3, 4, 5, 6, 7}) == "▁▂▃▄▅▆▇█");
  BOOST_TEST(drawn({0, 5, 10}, 24, false) == ".:|");
  BOOST_TEST(drawn({-10, 10}) == "▁█");
}

BOOST_AUTO_TEST_CASE(what_does_not_change_lies_low) { BOOST_TEST(drawn({3, 3, 3}) == "▁▁▁"); }

BOOST_AUTO_TEST_CASE(more_values_than_columns_show_their_peaks) {
  std::vector<double> values(1000, 0.0);
  values[501] = 9;
  BOOST_TEST(drawn(values, 4) == "▁▁█▁");
}

BOOST_AUTO_TEST_CASE(what_is_no_number_leaves_a_gap_and_the_largest_ones_have_a_place) {
  auto nan = std::numeric_limits<double>::quiet_NaN();
  auto most = std::numeric_limits<double>::max();
  BOOST_TEST(drawn({0, nan, 1}) == "▁ █");
  BOOST_TEST(drawn({-most, most, std::numeric_limits<double>::infinity()}) == "▁█ ");
  BOOST_TEST(drawn({}) == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::cli
