#include "runtime/base/time_text.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

namespace time_text_test {

using namespace aops;
using namespace aops::base;

BOOST_AUTO_TEST_SUITE(times_as_texts)

BOOST_AUTO_TEST_CASE(both_forms_are_utc_and_cut_to_seconds) {
  BOOST_TEST(utc_text(1'772'352'900'999) == "2026-03-01T08:15:00Z");
  BOOST_TEST(compact_utc(1'772'352'900'999) == "20260301T081500Z");
  BOOST_TEST(utc_text(0) == "1970-01-01T00:00:00Z");
  BOOST_TEST(utc_text(-1) == "1969-12-31T23:59:59Z");
}

BOOST_AUTO_TEST_CASE(the_exact_form_has_all_milliseconds) {
  BOOST_TEST(exact_utc(1'772'352'900'250) == "2026-03-01T08:15:00.250Z");
  BOOST_TEST(exact_utc(1'772'352'900'000) == "2026-03-01T08:15:00.000Z");
  BOOST_TEST(exact_utc(-1) == "1969-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_CASE(times_of_rfc_3339_are_read_in_any_zone) {
  auto is = [](std::string_view text, int64_t ms) {
    BOOST_TEST(tests::ok(parse_rfc3339(text)) == ms, text);
  };
  is("1970-01-01T00:00:00Z", 0);
  is("1969-12-31T23:59:59.999Z", -1);
  is("2023-11-14T22:13:20.250999999Z", 1'700'000'000'250);
  is("2023-11-14T22:13:20,5Z", 1'700'000'000'500);
  is("2023-11-15T06:13:20+08:00", 1'700'000'000'000);
  is("2023-11-14T19:43:20.5-02:30", 1'700'000'000'500);
  is("2023-11-15T22:12:20+23:59", 1'700'000'000'000);
  is("2024-02-29T00:00:00-00:30", 1'709'166'600'000);
  is("0001-01-01T00:00:00Z", -62'135'596'800'000);
  is("0000-01-01T00:00:00Z", -62'167'219'200'000); // A leap year.
  is("9999-12-31T23:59:59.999Z", 253'402'300'799'999);
  for (int64_t ms : {int64_t{0}, int64_t{-86'400'001}, int64_t{951'782'400'007}})
    is(exact_utc(ms), ms);
}

BOOST_AUTO_TEST_CASE(what_is_no_time_of_rfc_3339_is_refused) {
  for (auto wrong : {"",
                     "now",
                     "2023-11-14",
                     "2023-11-14T22:13:20",
                     "2023-11-14T22:13Z",
                     "2023-11-14t22:13:20Z",
                     "2023-11-14 22:13:20Z",
                     "2023-11-14T22:13:20z",
                     "2023-11-14T22:13:20.Z",
                     "2023-11-14T22:13:20.5",
                     "2023-11-14T22:13:20Zx",
                     "2023-11-14T22:13:20 Z",
                     "2023-11-14T22:13:60Z",
                     "2023-11-14T22:60:20Z",
                     "2023-11-14T24:13:20Z",
                     "2023-13-14T22:13:20Z",
                     "2023-00-14T22:13:20Z",
                     "2023-11-00T22:13:20Z",
                     "2023-11-31T22:13:20Z",
                     "2023-02-29T22:13:20Z",
                     "2023-11-14T22:13:20+8",
                     "2023-11-14T22:13:20+0800",
                     "2023-11-14T22:13:20+24:00",
                     "2023-11-14T22:13:20+08:60",
                     "2023-11-14T22:13:20+-8:00",
                     "2023-11-14T22:13:20*08:00",
                     "-023-11-14T22:13:20Z",
                     "2023-11--4T22:13:20Z",
                     "2023-11-14T-0:13:20Z",
                     "2023-11-14T22:13:-0Z",
                     "12023-11-14T22:13:20Z"})
    BOOST_TEST_CONTEXT(wrong) BOOST_TEST(!parse_rfc3339(wrong).has_value());
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

} // namespace time_text_test
