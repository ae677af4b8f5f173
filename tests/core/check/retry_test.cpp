#include "runtime/core/check/retry.hpp"

#include <boost/test/unit_test.hpp>

namespace retry_test {

using namespace aops::check;

namespace {

retry_key key(int i) { return {"admin", "h" + std::to_string(i), "item", 1000, 2000}; }

retry_config small() {
  retry_config c;
  c.max_pending = 3;
  c.max_dead = 4;
  return c;
}

} // namespace

BOOST_AUTO_TEST_SUITE(retries)

BOOST_AUTO_TEST_CASE(a_key_is_retried_exactly_max_retry_num_times_each_after_the_cool_down) {
  retry_table table;
  int64_t now = 1'000'000;
  BOOST_TEST((table.failed(key(1), now) == retry_fate::queued));
  for (int retry = 1; retry <= 3; ++retry) {
    BOOST_TEST(table.due(now + 119'999, 10).empty());
    now += 120'000;
    BOOST_TEST_REQUIRE(table.due(now, 10).size() == 1u);
    BOOST_TEST(table.due(now + 1'000'000, 10).empty()); // Handed out once.
    now += 7000;                                        // The attempt takes a while.
    BOOST_TEST(
      (table.failed(key(1), now) == (retry < 3 ? retry_fate::queued : retry_fate::given_up)));
  }
  BOOST_TEST(table.pending() == 0u);
  BOOST_TEST((table.failed(key(1), now) == retry_fate::ignored));
  BOOST_TEST(table.due(now + 1'000'000, 10).empty());
}

BOOST_AUTO_TEST_CASE(success_forgets_a_key_and_late_duplicates_do_not_count) {
  retry_table table;
  table.failed(key(1), 0);
  BOOST_TEST((table.failed(key(1), 5) == retry_fate::pending));
  BOOST_TEST(table.due(120'000, 10).size() == 1u);
  BOOST_TEST(table.succeeded(key(1)));
  BOOST_TEST(!table.succeeded(key(1)));
  BOOST_TEST(table.pending() == 0u);
  BOOST_TEST((table.failed(key(1), 200'000) == retry_fate::queued)); // A new life.
}

BOOST_AUTO_TEST_CASE(success_forgets_ranges_within_its_own) {
  retry_table table;
  auto whole = key(1), within = key(1), beside = key(1), other = key(1);
  within.start_ms = 1500;
  beside.end_ms = 2001;
  other.check_item = "item2";
  for (const auto& x : {within, beside, other, key(2)})
    table.failed(x, 0);
  BOOST_TEST(!table.succeeded(whole));
  BOOST_TEST(!table.knows(within));
  BOOST_TEST(table.knows(beside));
  BOOST_TEST(table.knows(other));
  BOOST_TEST(table.pending() == 3u);
}

BOOST_AUTO_TEST_CASE(keys_of_other_ranges_are_other_keys) {
  retry_table table;
  auto other = key(1);
  other.end_ms = 3000;
  table.failed(key(1), 0);
  table.failed(other, 10);
  BOOST_TEST(table.pending() == 2u);
  BOOST_TEST((table.due(120'010, 1) == std::vector<retry_key>{key(1)})); // The longest due first.
}

BOOST_AUTO_TEST_CASE(a_full_queue_gives_up_its_oldest_entry) {
  retry_table table(small());
  for (int i = 0; i < 5; ++i)
    BOOST_TEST((table.failed(key(i), i) == retry_fate::queued));
  BOOST_TEST(table.pending() == 3u);
  BOOST_TEST(table.displaced() == 2u);
  BOOST_TEST((table.failed(key(0), 10) == retry_fate::ignored));
  BOOST_TEST((table.due(1'000'000, 10) == std::vector<retry_key>{key(2), key(3), key(4)}));
}

BOOST_AUTO_TEST_CASE(the_dead_cache_drops_its_oldest_share_when_full) {
  auto config = small();
  config.max_retry_num = 0;
  retry_table table(config);
  for (int i = 0; i < 4; ++i)
    BOOST_TEST((table.failed(key(i), 0) == retry_fate::given_up));
  BOOST_TEST(table.dead() == 4u);
  table.failed(key(4), 0); // Five: half of them, rounded down, go.
  BOOST_TEST(table.dead() == 3u);
  BOOST_TEST((table.failed(key(2), 0) == retry_fate::ignored));
  BOOST_TEST((table.failed(key(0), 0) == retry_fate::given_up));
}

BOOST_AUTO_TEST_CASE(whatever_the_discount_the_dead_cache_stays_bounded) {
  for (double discount : {0.0, 1.0, 7.0, -1.0}) {
    auto config = small();
    config.max_retry_num = 0;
    config.dead_discount = discount;
    retry_table table(config);
    for (int i = 0; i < 50; ++i)
      table.failed(key(i), 0);
    BOOST_TEST(table.dead() <= 4u);
  }
}

BOOST_AUTO_TEST_CASE(an_attempt_put_back_does_not_count) {
  retry_config config;
  config.max_retry_num = 1;
  retry_table table(config);
  table.failed(key(1), 0);
  BOOST_TEST(table.due(120'000, 1).size() == 1u);
  table.put_back(key(1), 120'000);
  BOOST_TEST(table.due(120'000, 1).size() == 1u);
  BOOST_TEST((table.failed(key(1), 130'000) == retry_fate::given_up));
}

BOOST_AUTO_TEST_CASE(keys_of_a_host_that_is_gone_are_forgotten) {
  retry_table table;
  table.failed(key(1), 0);
  table.failed(key(2), 0);
  table.forget("admin", "h1", "");
  BOOST_TEST((table.due(1'000'000, 10) == std::vector<retry_key>{key(2)}));
  table.forget("", "", "");
  BOOST_TEST(table.pending() == 0u);
}

BOOST_AUTO_TEST_CASE(retries_and_history_have_budgets_of_their_own) {
  retry_table table;
  for (int i = 0; i < 10; ++i)
    table.failed(key(i), 0);
  backward_walk history(1'000'000, 60'000, 700'000);
  auto work = plan_tick(table, history, {4, 3}, 120'000);
  BOOST_TEST(work.retries.size() == 4u);
  BOOST_TEST((work.backward == std::vector<time_range>{
                                 {940'000, 1'000'000}, {880'000, 940'000}, {820'000, 880'000}}));
  work = plan_tick(table, history, {4, 3}, 120'000);
  BOOST_TEST(work.retries.size() == 4u);
  BOOST_TEST(work.backward.size() == 2u);
  BOOST_TEST(history.done());
  BOOST_TEST(history.mark_ms() == 700'000);
  BOOST_TEST(plan_tick(table, history, {4, 3}, 120'000).retries.size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace retry_test
