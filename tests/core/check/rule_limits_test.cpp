#include "runtime/core/check/rule_limits.hpp"

#include <boost/test/unit_test.hpp>

#include "support.hpp"

namespace rule_limits_test {

using namespace aops;
using namespace aops::check;

namespace {

std::string refusal(const std::string& condition, const base::config& config = {}) {
  auto fine = validate(make_rule("far", condition, {"a", "b"}), limits_of(config));
  return fine ? "" : fine.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(limits_of_rules)

BOOST_AUTO_TEST_CASE(a_window_may_be_as_long_as_samples_are_kept) {
  BOOST_TEST(refusal("max(168h) > 1") == "");
  BOOST_TEST(refusal("max(604801) > 1") ==
             "condition: looks back 604801s, the limit is 168h (samples.keep, at least 24h)");
  BOOST_TEST(refusal("max(87600h) > 1") ==
             "condition: looks back 87600h, the limit is 168h (samples.keep, at least 24h)");
  BOOST_TEST(refusal("$0 > 1 && $1.rate(99999999999h) > 1") != "");
  base::config config;
  config.samples.keep = base::hours(1);
  BOOST_TEST(refusal("max(24h) > 1", config) == "");
  BOOST_TEST(refusal("max(25h) > 1", config) != "");
}

BOOST_AUTO_TEST_CASE(a_window_of_points_has_room_for_what_is_kept) {
  BOOST_TEST(refusal("max(#40320) > 1") == "");
  BOOST_TEST(refusal("max(#40321) > 1") ==
             "condition: looks back #40321, the limit is #40320 (168h at one sample in 15s)");
  BOOST_TEST(refusal("max(#1000000000) > 1") != "");
  base::config config;
  config.check.sample_period = base::seconds(1);
  BOOST_TEST(refusal("max(#100000) > 1", config) == "");
  BOOST_TEST(refusal("max(#100001) > 1", config) != "");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_otherwise_is_told_first) {
  BOOST_TEST(refusal("max(87600h) >").starts_with("condition: line 1"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace rule_limits_test
