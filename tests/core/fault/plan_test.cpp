#include "runtime/core/fault/plan.hpp"

#include <boost/test/unit_test.hpp>

namespace plan_test {

using namespace aops;
using namespace aops::fault;

namespace {

using names = std::vector<std::string>;

plan_request request() { return {{"h1", "h2"}, {"t1", "t2"}, 10'000, 100'000, 30'000}; }

std::string refusal(const plan_request& x,
                    const names& hosts,
                    const names& trees,
                    uint64_t limit = max_reports) {
  auto plan = make_plan(x, hosts, trees, limit);
  return plan ? "" : plan.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(diagnosis_plans)

BOOST_AUTO_TEST_CASE(every_known_host_meets_every_known_tree_in_every_slice) {
  auto plan = make_plan(request(), {"h1", "h2"}, {"t1", "t2", "t3"});
  BOOST_REQUIRE(plan.has_value());
  BOOST_TEST(plan->expected_reports() == 12u);
  BOOST_TEST((plan->trees == names{"t1", "t2"}));
  BOOST_TEST(plan->ignored_hosts.empty());
  BOOST_TEST(plan->ignored_trees.empty());
}

BOOST_AUTO_TEST_CASE(unknown_names_are_ignored_and_repeated_ones_count_once) {
  auto x = request();
  x.host_list = {"h1", "gone", "h1", "gone"};
  x.tree_list = {"t2", "t1", "t2", "lost"};
  auto plan = make_plan(x, {"h1"}, {"t1", "t2"});
  BOOST_REQUIRE(plan.has_value());
  BOOST_TEST((plan->hosts == names{"h1"}));
  BOOST_TEST((plan->trees == names{"t2", "t1"}));
  BOOST_TEST((plan->ignored_hosts == names{"gone"}));
  BOOST_TEST((plan->ignored_trees == names{"lost"}));
  BOOST_TEST(plan->expected_reports() == 6u);
}

BOOST_AUTO_TEST_CASE(a_plan_without_reports_is_refused_with_the_first_reason) {
  auto backwards = request();
  std::swap(backwards.start_ms, backwards.end_ms);
  BOOST_TEST(refusal(backwards, {}, {}) == "Time range is not valid.");
  BOOST_TEST(refusal(request(), {}, {}) == "No valid host.");
  BOOST_TEST(refusal(request(), {"other"}, {"t1"}) == "No valid host.");
  BOOST_TEST(refusal(request(), {"h1"}, {"other"}) == "No valid fault tree.");
}

BOOST_AUTO_TEST_CASE(too_many_reports_are_refused_before_they_take_memory) {
  BOOST_TEST(refusal(request(), {"h1", "h2"}, {"t1", "t2"}, 12) == "");
  BOOST_TEST(refusal(request(), {"h1", "h2"}, {"t1", "t2"}, 11).find("more than the 11 reports") !=
             std::string::npos);
  auto huge = request();
  huge.start_ms = 0;
  huge.end_ms = INT64_MAX;
  huge.interval_ms = 1;
  BOOST_TEST(refusal(huge, {"h1"}, {"t1"}).find("more than") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(units_cover_every_slice_of_every_host_once) {
  auto plan = make_plan(request(), {"h1", "h2"}, {"t1", "t2"});
  BOOST_REQUIRE(plan.has_value());
  using units = std::vector<plan_unit>;
  BOOST_TEST((units_of(*plan, 4) == units{{0, 0, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 1}}));
  BOOST_TEST((units_of(*plan, 1000) == units{{0, 0, 3}, {1, 0, 3}}));
  BOOST_TEST(units_of(*plan, 0).size() == 6u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace plan_test
