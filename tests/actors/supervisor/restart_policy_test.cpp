#include "actors/supervisor/restart_policy.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

namespace aops::actors {

BOOST_AUTO_TEST_SUITE(restart_policy)

BOOST_AUTO_TEST_CASE(kinds_decide_by_how_a_child_ended) {
  for (auto normally : {true, false}) {
    BOOST_TEST(is_restarted(restart_kind::permanent, normally));
    BOOST_TEST(is_restarted(restart_kind::transient, normally) == !normally);
    BOOST_TEST(!is_restarted(restart_kind::temporary, normally));
  }
}

BOOST_AUTO_TEST_CASE(strategies_decide_who_goes_down_together) {
  BOOST_TEST((restarted_with(strategy::one_for_one, 1, 4) == child_range{1, 2}));
  BOOST_TEST((restarted_with(strategy::rest_for_one, 1, 4) == child_range{1, 4}));
  BOOST_TEST((restarted_with(strategy::one_for_all, 1, 4) == child_range{0, 4}));
}

BOOST_AUTO_TEST_CASE(a_window_allows_its_number_within_its_period) {
  restart_window window{{.restarts = 3, .within_ms = 1000}};
  BOOST_TEST(window.add(0));
  BOOST_TEST(window.add(500));
  BOOST_TEST(window.add(1000));
  BOOST_TEST(!window.add(1000));
  BOOST_TEST(window.add(1001)); // The first has left the window.
  BOOST_TEST(!window.add(1002));
  BOOST_TEST(window.add(10'000));
}

BOOST_AUTO_TEST_CASE(a_limit_of_zero_allows_none_and_unlimited_all) {
  restart_window none{{.restarts = 0, .within_ms = 1000}};
  BOOST_TEST(!none.add(5));
  restart_window all{{.restarts = restart_limit::unlimited, .within_ms = 1000}};
  for (int i = 0; i < 1000; ++i)
    BOOST_TEST(all.add(5));
}

BOOST_AUTO_TEST_CASE(the_delay_grows_to_its_maximum) {
  backoff b{.first_ms = 100, .max_ms = 1500, .factor = 2, .jitter = 0.2};
  for (auto [failures, delay] : {std::pair{1, 100}, {2, 200}, {3, 400}, {4, 800}, {5, 1500}})
    BOOST_TEST(restart_delay_ms(b, static_cast<size_t>(failures), 0.5) == delay);
  BOOST_TEST(restart_delay_ms(b, 100'000, 0.5) == 1500);
  BOOST_TEST(restart_delay_ms(b, 0, 0.5) == 100);
}

BOOST_AUTO_TEST_CASE(a_pace_bounds_the_restarts_of_each_span_and_late_ones_hold_up_nobody) {
  restart_pacer pacer{{.most = 2, .within_ms = 100}};
  BOOST_TEST(pacer.admit(0, 30'050, 0.5) == 30'050); // One that has failed often.
  std::map<int64_t, int> spans;
  for (int i = 0; i < 100; ++i) {
    auto at = pacer.admit(0, 150, 0.25);
    BOOST_TEST(at >= 150);
    ++spans[at / 100];
  }
  BOOST_TEST(spans.size() == 50u);
  BOOST_TEST(spans.begin()->first == 1);
  for (const auto& [span, n] : spans)
    BOOST_TEST(n == 2);
  BOOST_TEST(pacer.admit(10'000, 10'010, 0.5) == 10'010); // What has passed takes no room.
  restart_pacer none{{}};
  for (int i = 0; i < 1000; ++i)
    BOOST_TEST(none.admit(0, 7, 0.5) == 7);
}

BOOST_AUTO_TEST_CASE(jitter_spreads_the_delay_by_its_share_and_the_seed_fixes_it) {
  backoff b{.first_ms = 1000, .max_ms = 1000, .factor = 2, .jitter = 0.2};
  BOOST_TEST(restart_delay_ms(b, 1, 0) == 800);
  BOOST_TEST(restart_delay_ms(b, 1, 1) == 1200);
  jitter_source one{42}, same{42}, other{43};
  double low = 1, high = 0, sum = 0;
  bool differs = false;
  for (int i = 0; i < 10'000; ++i) {
    auto x = one.next();
    BOOST_REQUIRE(x == same.next());
    differs |= x != other.next();
    low = std::min(low, x);
    high = std::max(high, x);
    sum += x;
  }
  BOOST_TEST(differs);
  BOOST_TEST(low >= 0);
  BOOST_TEST(high < 1);
  BOOST_TEST(sum / 10'000 == 0.5, boost::test_tools::tolerance(0.02));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
