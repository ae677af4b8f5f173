#include "cli/agent/delivery.hpp"
#include "cli/agent/probe_plan.hpp"

#include <boost/test/unit_test.hpp>

namespace plans_test {

using aops::agent::counted_by_check;
using aops::agent::delivery;
using aops::agent::probe_plan;

BOOST_AUTO_TEST_SUITE(plans)

BOOST_AUTO_TEST_CASE(the_next_node_is_asked_at_once_and_all_of_them_later_and_later) {
  delivery x{2};
  x.unreachable(1000);
  BOOST_TEST(x.node() == 1u);
  BOOST_TEST(x.not_before_ms() == 0);
  x.unreachable(1000);
  BOOST_TEST(x.node() == 0u);
  BOOST_TEST(x.not_before_ms() == 2000);
  x.unreachable(2000);
  x.unreachable(2000);
  BOOST_TEST(x.not_before_ms() == 4000);
  for (int i = 0; i < 40; ++i)
    x.unreachable(0);
  BOOST_TEST(x.not_before_ms() == delivery::most_wait_ms);
  x.succeeded();
  BOOST_TEST(x.not_before_ms() == 0);
  x.unreachable(0);
  x.unreachable(0);
  BOOST_TEST(x.not_before_ms() == delivery::first_wait_ms);
}

BOOST_AUTO_TEST_CASE(a_node_that_is_busy_is_asked_when_it_says) {
  delivery x{2};
  x.told_to_wait(0, 7);
  BOOST_TEST(x.node() == 0u); // The others have the same store.
  BOOST_TEST(x.not_before_ms() == 7000);
  x.told_to_wait(0, 1'000'000'000);
  BOOST_TEST(x.not_before_ms() == delivery::most_told_ms);
  x.told_to_wait(0, -5);
  BOOST_TEST(x.not_before_ms() == delivery::first_wait_ms);
  x.told_to_wait(0, {});
  BOOST_TEST(x.not_before_ms() == 1000);
  x.told_to_wait(0, {});
  BOOST_TEST(x.not_before_ms() == 2000);
}

BOOST_AUTO_TEST_CASE(who_is_refused_tries_again_in_a_minute) {
  delivery x{3};
  x.refused(5);
  BOOST_TEST(x.node() == 0u);
  BOOST_TEST(x.not_before_ms() == 60'005);
}

BOOST_AUTO_TEST_CASE(a_probe_that_ends_is_started_later_and_later) {
  probe_plan x{false, 0};
  BOOST_TEST(bool(x.next(0) == probe_plan::step::start));
  x.began(0);
  BOOST_TEST(bool(x.next(1'000'000) == probe_plan::step::nothing));
  BOOST_TEST(!x.due_ms());
  x.ended(10);
  BOOST_TEST(*x.due_ms() == 1010);
  BOOST_TEST(bool(x.next(1009) == probe_plan::step::nothing));
  BOOST_TEST(bool(x.next(1010) == probe_plan::step::start));
  for (int i = 0; i < 10; ++i) {
    x.began(2000);
    x.ended(2000);
  }
  BOOST_TEST(*x.due_ms() == 2000 + probe_plan::most_wait_ms);
  BOOST_TEST(x.restarts() == 11u);
  x.began(0);
  x.ended(probe_plan::long_run_ms);
  BOOST_TEST(*x.due_ms() == probe_plan::long_run_ms + 1000);
}

BOOST_AUTO_TEST_CASE(a_check_decides_and_is_made_again) {
  probe_plan x{true, 0};
  BOOST_TEST(bool(x.next(0) == probe_plan::step::check));
  x.began(0);
  x.checked(5, 0);
  BOOST_TEST(bool(x.next(6) == probe_plan::step::nothing));
  BOOST_TEST(bool(x.next(5 + probe_plan::check_every_ms) == probe_plan::step::check));
  x.began(100'000);
  x.checked(100'001, 2);
  BOOST_TEST(bool(x.next(100'001) == probe_plan::step::start));
  x.began(100'001);
  x.ended(100'002);
  BOOST_TEST(bool(x.next(101'002) == probe_plan::step::check));
}

BOOST_AUTO_TEST_CASE(a_check_counts_by_the_first_number_it_prints) {
  BOOST_TEST(counted_by_check("3\n") == 3);
  BOOST_TEST(counted_by_check("running: 12 of 20") == 12);
  BOOST_TEST(counted_by_check("0") == 0);
  BOOST_TEST(counted_by_check("") == 0);
  BOOST_TEST(counted_by_check("none") == 0);
  BOOST_TEST(counted_by_check("99999999999999999999999") == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace plans_test
