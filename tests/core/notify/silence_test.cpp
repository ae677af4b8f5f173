#include "runtime/core/notify/silence.hpp"

#include <boost/test/unit_test.hpp>

namespace silence_test {

using namespace aops;
using notify::hush;
using notify::hush_of;
using notify::hushed_notice;
using notify::silence;
using notify::silence_subject;

namespace {

constexpr int64_t minute = 60'000, quarter = 15 * minute, one_hour = 60 * minute;
constexpr int64_t day = 24 * one_hour;

silence made(const silence_terms& x, int64_t start_ms = 0, int64_t end_ms = notify::endless_ms) {
  auto out = silence::of(x, start_ms, end_ms);
  BOOST_REQUIRE_MESSAGE(out.has_value(), (out ? "" : out.error().detail));
  return *out;
}

std::string refused_for(const silence_terms& x) {
  auto out = silence::of(x, 0, day);
  return out ? "" : out.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(silences)

BOOST_AUTO_TEST_CASE(it_holds_from_its_beginning_until_just_before_its_end) {
  auto x = made({.comment = "c", .hosts = {"h1"}}, one_hour, 2 * one_hour);
  BOOST_TEST(!x.at(one_hour - 1));
  BOOST_TEST((x.at(one_hour) == silence::stretch{one_hour, 2 * one_hour}));
  BOOST_TEST(x.at(2 * one_hour - 1).has_value());
  BOOST_TEST(!x.at(2 * one_hour));
  BOOST_TEST((x.next_begins(0, 5) == std::vector<int64_t>{one_hour}));
  BOOST_TEST(x.next_begins(one_hour, 5).empty());
}

BOOST_AUTO_TEST_CASE(a_window_comes_again_in_its_zone_and_lasts_its_time) {
  // Daily at 03:00 of Shanghai, which is 19:00 UTC.
  auto x = made({.comment = "c",
                 .hosts = {"h1"},
                 .expression = "0 3 * * *",
                 .time_zone = "Asia/Shanghai",
                 .duration_s = 3600});
  BOOST_TEST(!x.at(19 * one_hour - 1));
  BOOST_TEST((x.at(19 * one_hour) == silence::stretch{19 * one_hour, 20 * one_hour}));
  BOOST_TEST(
    (x.at(day + 20 * one_hour - 1) == silence::stretch{day + 19 * one_hour, day + 20 * one_hour}));
  BOOST_TEST(!x.at(day + 20 * one_hour));
  BOOST_TEST((x.next_begins(0, 2) == std::vector<int64_t>{19 * one_hour, day + 19 * one_hour}));
}

BOOST_AUTO_TEST_CASE(a_window_that_begins_again_before_it_is_over_goes_on) {
  auto x =
    made({.comment = "c", .hosts = {"h1"}, .expression = "*/15 * * * *", .duration_s = 1200});
  auto when = x.at(10 * quarter + minute);
  BOOST_REQUIRE(when.has_value());
  BOOST_TEST(when->until_ms > 12 * quarter);
  BOOST_TEST(x.at(when->until_ms).has_value());
}

BOOST_AUTO_TEST_CASE(a_window_ends_with_its_last_time) {
  auto x = made({.comment = "c", .hosts = {"h1"}, .expression = "0 * * * *", .duration_s = 1800},
                one_hour + minute,
                3 * one_hour + 10 * minute);
  BOOST_TEST(!x.at(one_hour + 2 * minute)); // That time began before it held.
  BOOST_TEST((x.at(2 * one_hour) == silence::stretch{2 * one_hour, 2 * one_hour + 30 * minute}));
  BOOST_TEST((x.at(3 * one_hour) == silence::stretch{3 * one_hour, 3 * one_hour + 10 * minute}));
  BOOST_TEST(!x.at(4 * one_hour));
  BOOST_TEST(x.next_begins(3 * one_hour, 5).empty());
}

BOOST_AUTO_TEST_CASE(hosts_or_groups_and_all_matchers) {
  silence_subject it{"h1", 7, {{"alertname", "disk-full"}, {"mountpoint", "/var/lib"}}};
  BOOST_TEST(made({.comment = "c", .hosts = {"h1"}}).covers(it));
  BOOST_TEST(made({.comment = "c", .hosts = {"h2"}, .groups = {7}}).covers(it));
  BOOST_TEST(!made({.comment = "c", .hosts = {"h2"}, .groups = {8}}).covers(it));
  auto with = [](std::vector<std::string> all) {
    return made({.comment = "c", .matchers = std::move(all)});
  };
  BOOST_TEST(with({"alertname=disk-full"}).covers(it));
  BOOST_TEST(with({"alertname = \"disk-full\"", "mountpoint=~/var.*"}).covers(it));
  BOOST_TEST(!with({"alertname=disk-full", "mountpoint=~/var"}).covers(it)); // All of the value.
  BOOST_TEST(with({"mountpoint!=/", "gone=", "device!~sd.+"}).covers(it));
  BOOST_TEST(!with({"mountpoint!~.*lib"}).covers(it));
  BOOST_TEST(
    !made({.comment = "c", .hosts = {"h2"}, .matchers = {"alertname=disk-full"}}).covers(it));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named) {
  BOOST_TEST(refused_for({.comment = "c", .matchers = {"a=b", "c"}}).starts_with("matchers[1]: "));
  BOOST_TEST(refused_for({.comment = "c", .matchers = {"a=~("}}).starts_with("matchers[0]: "));
  BOOST_TEST(refused_for({.comment = "c", .matchers = {"a=\"b"}}).starts_with("matchers[0]: "));
  BOOST_TEST(refused_for({.comment = "c", .matchers = {"a=~" + std::string(300, 'x')}})
               .starts_with("matchers[0]: "));
  silence_terms again{.comment = "c", .hosts = {"h"}, .expression = "61 * * * *", .duration_s = 60};
  BOOST_TEST(refused_for(again).starts_with("expression: "));
  again.expression = "@daily";
  BOOST_TEST(refused_for(again).empty());
  again.time_zone = "Nowhere/City";
  BOOST_TEST(refused_for(again).starts_with("time_zone: "));
  again.time_zone = "UTC";
  again.duration_s = notify::most_window_s + 1;
  BOOST_TEST(refused_for(again).starts_with("duration_s: "));
}

BOOST_AUTO_TEST_CASE(what_nobody_heard_of_is_held_and_forgotten) {
  const silence::stretch when{1000, 2000};
  hushed_notice x{.known_ms = 1500};
  BOOST_TEST((hush_of(x, {}) == hush::none));
  BOOST_TEST((hush_of(x, when) == hush::hold));
  x.must_refresh = true;
  BOOST_TEST((hush_of(x, when) == hush::hold));
  x.is_over = true;
  BOOST_TEST((hush_of(x, when) == hush::forget));
  // Held since before the silence that is asked of now.
  x.known_ms = 10;
  x.was_held = true;
  BOOST_TEST((hush_of(x, when) == hush::forget));
}

BOOST_AUTO_TEST_CASE(what_somebody_heard_of_ends_for_him) {
  const silence::stretch when{1000, 2000};
  hushed_notice x{.times = 1, .known_ms = 10};
  BOOST_TEST((hush_of(x, when) == hush::hold)); // No repetition.
  x.is_over = true;
  BOOST_TEST((hush_of(x, when) == hush::none));
  x.is_over = false;
  x.must_refresh = true; // Silence would be the end.
  BOOST_TEST((hush_of(x, when) == hush::none));
}

BOOST_AUTO_TEST_CASE(what_somebody_may_have_heard_of_ends_for_him) {
  const silence::stretch when{1000, 2000};
  hushed_notice x{.known_ms = 10}; // Sent, maybe, when the node was killed.
  BOOST_TEST((hush_of(x, when) == hush::hold));
  x.must_refresh = true;
  BOOST_TEST((hush_of(x, when) == hush::none));
  x.is_over = true;
  BOOST_TEST((hush_of(x, when) == hush::end));
  BOOST_TEST((hush_of({.attempts = 1, .is_over = true, .known_ms = 1500}, when) == hush::end));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace silence_test
