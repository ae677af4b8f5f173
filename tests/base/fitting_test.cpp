#include "runtime/base/fitting.hpp"

#include <boost/test/unit_test.hpp>

namespace fitting_test {

using aops::base::fitting;

BOOST_AUTO_TEST_SUITE(fitting_texts)

BOOST_AUTO_TEST_CASE(no_character_is_cut) {
  BOOST_TEST(fitting("abc", 3) == "abc");
  BOOST_TEST(fitting("abc", 2) == "ab");
  BOOST_TEST(fitting("aé", 3) == "aé");
  BOOST_TEST(fitting("aé", 2) == "a");
  BOOST_TEST(fitting("故障", 5) == "故");
  BOOST_TEST(fitting("故障", 2) == "");
  BOOST_TEST(fitting("", 0) == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace fitting_test
