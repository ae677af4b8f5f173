#include "cli/aops/term/progress_bar.hpp"

#include <boost/test/unit_test.hpp>

namespace progress_bar_test {

using namespace aops::cli;

BOOST_AUTO_TEST_SUITE(cli_progress_bar)

BOOST_AUTO_TEST_CASE(a_progress_bar_fits_its_width) {
  auto bar = progress_bar(42, 100, 40, false);
  BOOST_TEST(bar.size() <= 40u);
  BOOST_TEST(bar.starts_with("[#"));
  BOOST_TEST(bar.ends_with(" 42/100  42 %"));
  BOOST_TEST(progress_bar(0, 0, 40, false).ends_with("0/0   0 %"));
  BOOST_TEST(progress_bar(200, 100, 0, false) == "100/100 100 %");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace progress_bar_test
