#include "runtime/core/check/instance_text.hpp"

#include <boost/test/unit_test.hpp>

namespace instance_text_test {

using namespace aops::check;

BOOST_AUTO_TEST_SUITE(texts_of_instances)

BOOST_AUTO_TEST_CASE(instances_and_matches_read_as_in_prometheus) {
  BOOST_TEST(instance_text("disk-full", {}) == "disk-full");
  BOOST_TEST(instance_text("disk-full", {{"mountpoint", "/var"}, {"fstype", "=~\"\\\n"}}) ==
             "disk-full{fstype=\"=~\\\"\\\\\\n\",mountpoint=\"/var\"}");
  BOOST_TEST(
    match_text("disk-full", {{"a", "x"}, {"b", "=x"}, {"c", "!=x"}, {"d", "=~x"}, {"e", "!~x"}}) ==
    "disk-full{a=\"x\",b=\"x\",c!=\"x\",d=~\"x\",e!~\"x\"}");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace instance_text_test
