#include "runtime/base/time_text.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

using namespace aops;
using namespace aops::base;

BOOST_AUTO_TEST_SUITE(times_as_texts)

BOOST_AUTO_TEST_CASE(both_forms_are_utc_and_cut_to_seconds) {
  BOOST_TEST(utc_text(1'772'352'900'999) == "2026-03-01T08:15:00Z");
  BOOST_TEST(compact_utc(1'772'352'900'999) == "20260301T081500Z");
  BOOST_TEST(utc_text(0) == "1970-01-01T00:00:00Z");
  BOOST_TEST(utc_text(-1) == "1969-12-31T23:59:59Z");
}

BOOST_AUTO_TEST_CASE(the_compact_form_is_read_back) {
  BOOST_TEST(tests::ok(parse_compact_utc("20260301T081500Z")) == 1'772'352'900'000);
  for (auto wrong : {"",
                     "2026-03-01T08:15:00Z",
                     "20260231T081500Z",
                     "20260301T081500",
                     "2026030xT081500Z",
                     "20260301T246500Z"})
    BOOST_TEST_CONTEXT(wrong) BOOST_TEST(!parse_compact_utc(wrong).has_value());
}

BOOST_AUTO_TEST_CASE(a_daily_window_knows_when_it_began) {
  auto night = tests::ok(parse_daily_window("02:00-04:30"));
  BOOST_TEST(!night.contains(119));
  BOOST_TEST(night.contains(120));
  BOOST_TEST(night.contains(269));
  BOOST_TEST(!night.contains(270));
  constexpr int64_t now = 1'772'352'900'000; // 08:15:00 UTC; take it for 03:15 somewhere.
  BOOST_TEST(night.began_ms(now + 500, 195) == now - 75 * 60'000);
  BOOST_TEST(night.began_ms(now, 0) == -1);
}

BOOST_AUTO_TEST_CASE(one_over_midnight_is_one_window) {
  auto night = tests::ok(parse_daily_window("23:00-01:00"));
  BOOST_TEST(night.contains(23 * 60));
  BOOST_TEST(night.contains(30));
  BOOST_TEST(!night.contains(60));
  BOOST_TEST(!night.contains(12 * 60));
  constexpr int64_t midnight = 1'772'323'200'000;
  BOOST_TEST(night.began_ms(midnight + 30 * 60'000, 30) == midnight - 60 * 60'000);
}

BOOST_AUTO_TEST_CASE(what_is_no_window_is_refused) {
  for (auto wrong : {"",
                     "02:00",
                     "2:00-4:00",
                     "02:00-02:00",
                     "24:00-01:00",
                     "02:60-03:00",
                     "02:00 04:00",
                     "ab:cd-ef:gh"})
    BOOST_TEST_CONTEXT(wrong) BOOST_TEST(!parse_daily_window(wrong).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
