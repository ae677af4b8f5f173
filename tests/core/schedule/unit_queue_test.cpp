#include "runtime/core/schedule/fair_queue.hpp"
#include "runtime/core/schedule/unit_queue.hpp"

#include <boost/test/unit_test.hpp>

namespace unit_queue_test {

using namespace aops::schedule;

BOOST_AUTO_TEST_SUITE(units)

BOOST_AUTO_TEST_CASE(no_more_units_than_the_limit_are_in_flight) {
  unit_queue q{5, {}, {2, 3, 1000}};
  BOOST_TEST(*q.next(0) == 0);
  BOOST_TEST(*q.next(0) == 1);
  BOOST_TEST(!q.next(0).has_value());
  q.stored(0);
  BOOST_TEST(*q.next(0) == 2);
}

BOOST_AUTO_TEST_CASE(units_that_are_stored_already_are_never_asked_for) {
  unit_queue q{4, {0, 2, 2, 9, -1}, {8, 3, 1000}};
  BOOST_TEST(*q.next(0) == 1);
  BOOST_TEST(*q.next(0) == 3);
  BOOST_TEST(!q.next(0).has_value());
  q.stored(1);
  BOOST_TEST(!q.is_finished());
  q.stored(3);
  BOOST_TEST(q.is_finished());
}

BOOST_AUTO_TEST_CASE(a_unit_that_fails_comes_again_after_a_growing_back_off) {
  unit_queue q{1, {}, {1, 3, 1000}};
  BOOST_TEST(*q.next(0) == 0);
  BOOST_TEST(!q.failed(0, 0));
  BOOST_TEST(!q.next(999).has_value());
  BOOST_TEST(*q.next_due_ms() == 1000);
  BOOST_TEST(*q.next(1000) == 0);
  BOOST_TEST(!q.failed(0, 1000));
  BOOST_TEST(!q.next(2999).has_value());
  BOOST_TEST(*q.next(3000) == 0);
  BOOST_TEST(q.attempts(0) == 3);
  BOOST_TEST(q.failed(0, 3000)); // The last attempt: its failure is what gets stored.
  q.stored(0);
  BOOST_TEST(q.is_finished());
}

BOOST_AUTO_TEST_CASE(an_answer_that_could_not_be_stored_does_not_count_as_an_attempt) {
  unit_queue q{1, {}, {1, 1, 1000}};
  BOOST_TEST(*q.next(0) == 0);
  q.put_back(0, 0);
  BOOST_TEST(*q.next(1000) == 0);
  BOOST_TEST(q.attempts(0) == 1);
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_told_in_order) {
  unit_queue q{4, {1}, {2, 3, 1000}};
  q.next(0);
  BOOST_TEST((q.missing() == std::vector<int64_t>{0, 2, 3}));
}

BOOST_AUTO_TEST_CASE(a_full_lane_and_a_full_host_are_passed_over) {
  unit_queue q{8, {}, {2, 3, 1000, 1}};
  // Units 0-3: lane 0, hosts 0 and 1; units 4-7: lane 1, hosts 2 and 3.
  auto where = [](int64_t unit) {
    return unit_place{unit < 4 ? 0u : 1u, static_cast<uint32_t>(unit / 2)};
  };
  for (auto expected : {0, 2, 4, 6})
    BOOST_TEST(*q.next(0, where) == expected);
  BOOST_TEST(!q.next(0, where).has_value());
  q.stored(2);
  BOOST_TEST(*q.next(0, where) == 3);
  BOOST_TEST(!q.failed(0, 0));
  BOOST_TEST(*q.next(0, where) == 1);
  BOOST_TEST(!q.next(1000, where).has_value()); // Unit 0 is due, its host is busy.
  q.stored(1);
  BOOST_TEST(*q.next(1000, where) == 0);
}

BOOST_AUTO_TEST_CASE(what_is_recalled_comes_at_once_and_hurry_ends_back_offs) {
  unit_queue q{2, {}, {2, 3, 1000, 2}};
  q.next(0);
  q.next(0);
  BOOST_TEST(!q.failed(1, 0));
  q.recall(0);
  q.hurry();
  BOOST_TEST(q.in_flight() == 0u);
  BOOST_TEST(q.next(0).has_value());
  BOOST_TEST(q.next(0).has_value());
  q.stored(0);
  q.stored(1);
  BOOST_TEST(q.is_finished());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(fairness)

BOOST_AUTO_TEST_CASE(owners_take_turns) {
  fair_queue q{10};
  for (auto job : {"a1", "a2", "a3"})
    BOOST_TEST(q.add("a", job));
  BOOST_TEST(q.add("b", "b1"));
  BOOST_TEST(*q.next() == "a1");
  BOOST_TEST(*q.next() == "b1");
  BOOST_TEST(*q.next() == "a2");
  BOOST_TEST(*q.next() == "a3");
  BOOST_TEST(!q.next().has_value());
}

BOOST_AUTO_TEST_CASE(no_more_than_the_limit_run_and_each_job_only_once) {
  fair_queue q{1};
  BOOST_TEST(q.add("a", "a1"));
  BOOST_TEST(!q.add("a", "a1"));
  BOOST_TEST(q.add("a", "a2"));
  BOOST_TEST(*q.next() == "a1");
  BOOST_TEST(!q.add("a", "a1"));
  BOOST_TEST(!q.next().has_value());
  q.ended("a1");
  BOOST_TEST(*q.next() == "a2");
  BOOST_TEST(q.add("a", "a1"));
}

BOOST_AUTO_TEST_CASE(a_job_that_is_cancelled_while_it_waits_never_runs) {
  fair_queue q{1};
  q.add("a", "a1");
  q.ended("a1");
  BOOST_TEST(!q.next().has_value());
  BOOST_TEST(q.waiting() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace unit_queue_test
