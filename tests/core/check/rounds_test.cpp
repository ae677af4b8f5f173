#include "runtime/core/check/rounds.hpp"

#include <boost/test/unit_test.hpp>

#include "support.hpp"

namespace rounds_test {

using namespace aops;
using namespace aops::check;

namespace {

raw_series raw(uint32_t slot, std::initializer_list<std::pair<int64_t, int64_t>> points) {
  raw_series s{slot, {}};
  for (auto [t, x] : points)
    s.points.push_back({t, number::of(x)});
  return s;
}

} // namespace

BOOST_AUTO_TEST_SUITE(rounds)

BOOST_AUTO_TEST_CASE(a_prometheus_source_gives_rounds_with_the_nearest_samples) {
  std::vector<raw_series> series = {raw(kept_series::up, {{1000, 1}, {16'000, 1}, {31'000, 0}}),
                                    raw(kept_series::duration, {{1000, 3}}),
                                    raw(7, {{1000, 10}, {16'000, 20}})};
  std::vector<int64_t> times = {5000, 20'000, 35'000, 65'000};
  auto got = rounds_on_grid(series, times, 15'000);
  BOOST_TEST_REQUIRE(got.size() == 4u);
  BOOST_TEST(got[0].answered);
  BOOST_TEST(got[0].time_ms == 5000);
  BOOST_TEST(got[0].duration_s == 3.0);
  BOOST_TEST((got[0].samples == std::vector<sample>{{7, number::of(int64_t{10})}}));
  BOOST_TEST((got[1].samples == std::vector<sample>{{7, number::of(int64_t{20})}}));
  BOOST_TEST(!got[2].answered); // `up` says so.
  BOOST_TEST(got[2].samples.empty());
  BOOST_TEST(!got[3].answered); // Nothing is near.
}

BOOST_AUTO_TEST_CASE(without_up_a_round_counts_as_answered_when_it_has_samples) {
  std::vector<raw_series> series = {raw(7, {{1000, 10}})};
  std::vector<int64_t> times = {0, 60'000};
  auto got = rounds_on_grid(series, times, 15'000);
  BOOST_TEST(got[0].answered);
  BOOST_TEST(!got[1].answered);
}

BOOST_AUTO_TEST_CASE(stored_history_keeps_what_its_rules_need) {
  auto rules = make_rules({make_rule("r", "$0>$1", {"a", "up"}), make_rule("s", "$0>1", {"b"})});
  std::vector<series_entry> series = {{5, {"a", {}}}, {6, {"a", {{"x", "1"}}}}, {9, {"c", {}}}};
  stored_history stored(rules->rules(), series);
  stored.add(
    {1000, true, 0.5, {{5, number::of(int64_t{1})}, {6, number::of(int64_t{2})}, {77, {}}}});
  stored.add({16'000, false, 2, {}});
  stored.add({31'000, true, 0.5, {{5, number::of(int64_t{3})}, {5, number::of(int64_t{4})}}});
  auto data = stored.data_for(*rules->find("r"));
  BOOST_TEST(data.rounds.size() == 3u);
  BOOST_TEST(!data.rounds[1].answered);
  BOOST_TEST_REQUIRE(data.items.size() == 2u);
  BOOST_TEST_REQUIRE(data.items[0].points.size() == 2u);
  BOOST_TEST((data.items[0].points[1] == point{31'000, number::of(int64_t{3})}));
  BOOST_TEST(stored.data_for(*rules->find("s")).items[0].points.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace rounds_test
