#include "runtime/base/yaml.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

namespace yaml_test {

using namespace aops;

BOOST_AUTO_TEST_SUITE(yaml)

BOOST_AUTO_TEST_CASE(documents_may_share_what_they_become) {
  base::yaml_budget left{10, 20};
  BOOST_TEST(tests::ok(base::parse_yaml("[&a [x, y], *a]", left)).size() == 2u);
  BOOST_TEST(left.values == 3u);
  BOOST_TEST(left.bytes == 16u);
  auto second = base::parse_yaml("[x, y, z]", left);
  BOOST_REQUIRE(!second);
  BOOST_TEST(second.error().detail == "line 1, column 8: more than 1000000 values");
  BOOST_TEST((tests::failure_of(base::parse_yaml("1", left)) == ec::bad_request));
  base::yaml_budget short_texts{10, 3};
  BOOST_TEST((tests::failure_of(base::parse_yaml("[ab, cd]", short_texts)) == ec::bad_request));
  BOOST_TEST((tests::failure_of(base::parse_yaml("a", short_texts)) == ec::bad_request));
  BOOST_TEST(tests::ok(base::parse_yaml("a")) == "a");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace yaml_test
