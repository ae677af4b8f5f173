#include "runtime/base/time_text.hpp"
#include "runtime/core/task/cron.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

namespace cron_test {

using namespace aops;
using namespace aops::tests;

namespace {

base::time_zone zone(const char* name) { return ok(base::time_zone::find(name)); }

int64_t at(std::string_view compact) { return ok(base::parse_compact_utc(compact)); }

std::string times(const char* expression, const char* zone_name, const char* after, size_t n) {
  std::string out;
  auto parsed = ok(task::cron::parse(expression));
  for (auto ms : parsed.next_times(at(after), zone(zone_name), n))
    out += (out.empty() ? "" : " ") + base::compact_utc(ms);
  return out;
}

struct row {
  const char *expression, *zone, *after, *next;
  friend std::ostream& operator<<(std::ostream& out, const row& x) {
    return out << x.expression << " in " << x.zone << " after " << x.after;
  }
};

size_t count_of(std::string_view text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), ' ')) + 1;
}

// Berlin: put forward on 2026-03-29 at 01:00 UTC, back on 2026-10-25 at 01:00 UTC. New York: on
// 2026-03-08 at 07:00 UTC and 2026-11-01 at 06:00 UTC.
const row rows[] = {
  {"*/15 * * * *", "UTC", "20260301T081500Z", "20260301T083000Z 20260301T084500Z"},
  {"0 3 * * *", "UTC", "20260301T030000Z", "20260302T030000Z"},
  {"0 3 * * *", "Asia/Shanghai", "20260301T000000Z", "20260301T190000Z 20260302T190000Z"},
  {"30 8-18/5 * * mon-fri",
   "UTC",
   "20260306T130000Z",
   "20260306T133000Z 20260306T183000Z 20260309T083000Z"},
  {"0 0 1,15 * *", "UTC", "20260302T000000Z", "20260315T000000Z 20260401T000000Z"},
  {"0 0 13 * FRI", "UTC", "20260301T000000Z", "20260306T000000Z 20260313T000000Z 20260320T000000Z"},
  {"0 0 */2 * mon", "UTC", "20260301T000000Z", "20260309T000000Z 20260323T000000Z"},
  {"0 0 * * 7", "UTC", "20260302T000000Z", "20260308T000000Z"},
  {"0 0 * * fri-sun",
   "UTC",
   "20260305T000000Z",
   "20260306T000000Z 20260307T000000Z 20260308T000000Z 20260313T000000Z"},
  {"5/20 * * * *", "UTC", "20260301T000000Z", "20260301T000500Z 20260301T002500Z 20260301T004500Z"},
  {"0 0 29 2 *", "UTC", "20260301T000000Z", "20280229T000000Z 20320229T000000Z"},
  {"@daily", "UTC", "20260301T120000Z", "20260302T000000Z"},
  {"@Hourly", "UTC", "20260301T120000Z", "20260301T130000Z"},
  {"@weekly", "UTC", "20260302T120000Z", "20260308T000000Z"},
  {"@monthly", "UTC", "20260302T120000Z", "20260401T000000Z"},
  {"@yearly", "UTC", "20260302T120000Z", "20270101T000000Z"},
  // A time of night that does not exist is meant once, when clocks are put forward.
  {"30 2 * * *", "Europe/Berlin", "20260328T120000Z", "20260329T010000Z 20260330T003000Z"},
  {"0,30 2 * * *", "Europe/Berlin", "20260328T120000Z", "20260329T010000Z 20260330T000000Z"},
  // One that comes twice is meant the first time.
  {"30 2 * * *", "Europe/Berlin", "20261024T120000Z", "20261025T003000Z 20261026T013000Z"},
  {"30 1 * * *", "America/New_York", "20261031T120000Z", "20261101T053000Z 20261102T063000Z"},
  // Every hour is every hour.
  {"30 * * * *",
   "Europe/Berlin",
   "20260328T233000Z",
   "20260329T003000Z 20260329T013000Z 20260329T023000Z"},
  {"30 * * * *",
   "Europe/Berlin",
   "20261024T233000Z",
   "20261025T003000Z 20261025T013000Z 20261025T023000Z"},
  {"*/30 * * * *",
   "America/New_York",
   "20261101T050000Z",
   "20261101T053000Z 20261101T060000Z 20261101T063000Z 20261101T070000Z"},
  // Midnight does not exist in Havana on 2026-03-08, and 30 December 2011 not in Apia.
  {"0 0 * * *", "America/Havana", "20260307T120000Z", "20260308T050000Z 20260309T040000Z"},
  {"0 12 * * *",
   "Pacific/Apia",
   "20111229T120000Z",
   "20111229T220000Z 20111230T100000Z 20111230T220000Z"},
};

struct refusal {
  const char *expression, *why;
  friend std::ostream& operator<<(std::ostream& out, const refusal& x) {
    return out << x.expression;
  }
};

const refusal refusals[] = {
  {"", "expression: has 0 fields"},
  {"* * * *", "expression: has 4 fields"},
  {"* * * * * *", "expression: has 6 fields"},
  {"60 * * * *", "expression: minute: `60` must be from 0 to 59"},
  {"* 24 * * *", "expression: hour: `24` must be from 0 to 23"},
  {"* * 0 * *", "expression: day of month: `0` must be from 1 to 31"},
  {"* * * 13 *", "expression: month: `13` must be from 1 to 12"},
  {"* * * foo *", "expression: month: `foo` is no number and no name"},
  {"* * * * 8", "expression: day of week: `8` must be from 0 to 7"},
  {"*/0 * * * *", "expression: minute: `*/0` has no step"},
  {"*/60 * * * *", "expression: minute: `*/60` has no step"},
  {"5-1 * * * *", "expression: minute: `5-1` ends before it begins"},
  {"1,,2 * * * *", "expression: minute: "},
  {"-5 * * * *", "expression: minute: "},
  {"1- * * * *", "expression: minute: `` is no number"},
  {"99999999999999999999 * * * *", "expression: minute: "},
  {"0 0 30 2 *", "expression: never happens"},
  {"0 0 31 4,6,9,11 *", "expression: never happens"},
  {"@never", "expression: no such shorthand"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(cron_expressions)

BOOST_DATA_TEST_CASE(fire_at_their_times, boost::unit_test::data::make(rows), x) {
  BOOST_TEST(times(x.expression, x.zone, x.after, count_of(x.next)) == x.next);
}

BOOST_DATA_TEST_CASE(that_are_wrong_name_the_field, boost::unit_test::data::make(refusals), x) {
  auto refused = task::cron::parse(x.expression);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error() == ec::bad_request));
  BOOST_TEST(refused.error().detail.starts_with(x.why), refused.error().detail);
}

// In every zone: strictly later, and an hour is never longer than an hour.
BOOST_AUTO_TEST_CASE(every_hour_has_no_holes_in_any_zone_for_years) {
  auto hourly = ok(task::cron::parse("@hourly"));
  for (const auto* name : {"Europe/Berlin", "America/New_York", "America/Havana", "UTC"}) {
    auto z = zone(name);
    auto last = at("20260101T000000Z");
    for (int i = 0; i < 3 * 8766; ++i) {
      auto next = hourly.next_after(last, z);
      BOOST_REQUIRE(next);
      BOOST_REQUIRE_MESSAGE(*next - last == 3'600'000, name << ' ' << base::compact_utc(last));
      last = *next;
    }
  }
}

BOOST_AUTO_TEST_CASE(zones_are_names_and_no_paths) {
  for (const auto* name : {"",
                           "Nowhere/Town",
                           "/etc/passwd",
                           "../../etc/passwd",
                           "file:/etc/passwd",
                           "Europe/",
                           "Europe//Berlin",
                           "Europe/Berlin "})
    BOOST_TEST((failure_of(base::time_zone::find(name)) == ec::bad_request), name);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cron_test
