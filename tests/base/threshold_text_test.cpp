#include "runtime/base/threshold_text.hpp"

#include <boost/test/unit_test.hpp>

namespace threshold_text_test {

using namespace aops::base;

BOOST_AUTO_TEST_SUITE(thresholds_of_links)

BOOST_AUTO_TEST_CASE(a_threshold_is_an_attribute_a_comparison_and_a_number) {
  auto read = [](std::string_view text) { return parse_threshold(text).value(); };
  BOOST_TEST((read("rtt > 20000") == threshold{"rtt", comparison::above, 20000}));
  BOOST_TEST((read("rtt>=0.5") == threshold{"rtt", comparison::at_least, 0.5}));
  BOOST_TEST((read(" link_count < 1 ") == threshold{"link_count", comparison::below, 1}));
  BOOST_TEST(
    (read("tx_bytes_per_s <= 1e6") == threshold{"tx_bytes_per_s", comparison::at_most, 1e6}));
}

BOOST_AUTO_TEST_CASE(what_is_none_says_why) {
  auto why = [](std::string_view text) { return parse_threshold(text).error().detail; };
  BOOST_TEST(why("rtt 5") == "rtt 5 has none of >, >=, <, <=");
  BOOST_TEST(why("rttt > 5").starts_with("rttt is none of link_count, "));
  BOOST_TEST(why("rtt > ") == "rtt > : a number must follow the comparison");
  BOOST_TEST(why("rtt > 5s") == "rtt > 5s: a number must follow the comparison");
  BOOST_TEST(why("rtt > nan") == "rtt > nan: a number must follow the comparison");
  BOOST_TEST(why("rtt == 5").starts_with("rtt == 5 has none of"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace threshold_text_test
