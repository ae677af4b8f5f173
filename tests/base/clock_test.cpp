#include "runtime/base/clock.hpp"

#include <boost/test/unit_test.hpp>

namespace clock_test {

using namespace aops::base;

namespace {

struct clock_fixture {
  turned_time time{1'000'000};
  aops::base::clock it{time};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_clock, clock_fixture)

BOOST_AUTO_TEST_CASE(it_starts_at_wall_time_and_runs_with_the_steady_clock) {
  BOOST_TEST(it.now_ms() == 1'000'000);
  time.pass(1500);
  BOOST_TEST(it.now_ms() == 1'001'500);
}

BOOST_AUTO_TEST_CASE(it_ignores_a_turned_wall_clock_until_told) {
  time.set_wall(5'000);
  time.pass(10);
  BOOST_TEST(it.now_ms() == 1'000'010);
}

BOOST_AUTO_TEST_CASE(the_first_reference_ahead_is_taken_over) {
  BOOST_TEST(it.follow(1'005'000) == 5'000);
  BOOST_TEST(it.now_ms() == 1'005'000);
}

BOOST_AUTO_TEST_CASE(before_anybody_saw_it_a_reference_counts_in_both_directions) {
  BOOST_TEST(it.start_at(1'000'000 - 300'000));
  BOOST_TEST(it.now_ms() == 700'000);
  time.pass(1'000);
  BOOST_TEST(it.now_ms() == 701'000);
  aops::base::clock behind{time};
  BOOST_TEST(behind.start_at(1'301'000));
  time.pass(10);
  BOOST_TEST(behind.now_ms() == 1'301'010);
}

BOOST_AUTO_TEST_CASE(once_somebody_saw_it_a_start_is_slewed_to_like_any_reference) {
  auto seen = it.now_ms();
  BOOST_TEST(!it.start_at(seen - 1'000));
  BOOST_TEST(it.now_ms() == seen);
  time.pass(1'000);
  BOOST_TEST(it.now_ms() == seen + 900);
}

BOOST_AUTO_TEST_CASE(after_a_start_behind_the_machine_later_references_are_no_jump) {
  it.start_at(700'000);
  BOOST_TEST(it.follow(700'200) == 200);
  BOOST_TEST(it.now_ms() == 700'000);
  time.pass(2'000);
  BOOST_TEST(it.now_ms() == 702'200);
}

BOOST_AUTO_TEST_CASE(a_reference_behind_is_slewed_to_and_time_never_goes_backwards) {
  it.follow(999'000);
  BOOST_TEST(it.now_ms() == 1'000'000);
  time.pass(1'000);
  BOOST_TEST(it.now_ms() == 1'000'900);
  time.pass(9'000);
  BOOST_TEST(it.now_ms() == 1'009'000);
  time.pass(1'000);
  BOOST_TEST(it.now_ms() == 1'010'000);
}

BOOST_AUTO_TEST_CASE(another_reference_slightly_ahead_is_slewed_to) {
  it.follow(1'000'000);
  it.follow(1'000'100);
  BOOST_TEST(it.now_ms() == 1'000'000);
  time.pass(500);
  BOOST_TEST(it.now_ms() == 1'000'550);
  time.pass(500);
  BOOST_TEST(it.now_ms() == 1'001'100);
  time.pass(500);
  BOOST_TEST(it.now_ms() == 1'001'600);
}

BOOST_AUTO_TEST_CASE(after_a_long_sleep_it_jumps_forward) {
  it.follow(1'000'000);
  time.set_wall(1'000'000 + 3'600'000);
  it.follow_wall();
  BOOST_TEST(it.now_ms() == 4'600'000);
}

BOOST_AUTO_TEST_CASE(a_reference_set_back_by_an_hour_slows_time_to_a_half) {
  it.follow(1'000'000);
  it.follow(1'000'000 - 3'600'000);
  time.pass(1'000);
  BOOST_TEST(it.now_ms() == 1'000'500);
}

BOOST_AUTO_TEST_CASE(it_never_goes_backwards_whatever_it_is_told) {
  int64_t last = it.now_ms();
  uint64_t random = 7;
  for (int i = 0; i < 10'000; ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    it.follow(last + static_cast<int64_t>(random >> 40) - (1 << 23));
    time.pass(static_cast<int64_t>((random >> 20) % 50));
    auto now = it.now_ms();
    BOOST_REQUIRE(now >= last);
    last = now;
  }
}

BOOST_AUTO_TEST_CASE(the_machine_s_time_is_of_this_century) {
  aops::base::clock real;
  BOOST_TEST(real.now_ms() > 1'700'000'000'000);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace clock_test
