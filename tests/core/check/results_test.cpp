#include <boost/test/unit_test.hpp>

#include "support.hpp"
#include <random>

namespace results_test {

using namespace aops::check;

namespace {

constexpr int64_t period = 15'000;
constexpr int64_t day = longest_interval_ms;

using rows = std::vector<interval>;

rule_change judged(int64_t from, int64_t until, rows found, std::string digest = "v1") {
  return {"item", std::move(digest), from, until, std::move(found)};
}

/// A store that holds these rows, all found by the first version.
row_store holding(const rows& existing) {
  row_store store(period, false);
  for (const auto& r : existing)
    store.apply(judged(r.start_ms, r.end_ms, {r}));
  return store;
}

std::vector<stored_row> of_first_version(const rows& existing) {
  std::vector<stored_row> result;
  for (const auto& r : existing)
    result.push_back({r, "v1"});
  return result;
}

rows after(const rows& existing, const rule_change& change) {
  auto store = holding(existing);
  for (const auto& c : rewrite(of_first_version(existing), change, period))
    store.apply(c);
  return store.rows("item");
}

bool changes_nothing(const rows& existing, const rule_change& change) {
  return rewrite(of_first_version(existing), change, period).empty();
}

} // namespace

BOOST_AUTO_TEST_SUITE(results)

BOOST_AUTO_TEST_CASE(values_have_the_texts_of_the_contract) {
  BOOST_TEST(to_string(no_data) == "No data");
  auto v = abnormal;
  BOOST_TEST(from_text("Internal error", v));
  BOOST_TEST((v == internal_error));
  BOOST_TEST(!from_text("Normal", v));
}

BOOST_AUTO_TEST_CASE(points_join_up_to_one_and_a_half_periods_and_values_do_not_see_each_other) {
  auto got = merged({{0, 0, abnormal},
                     {22'500, 22'500, abnormal},
                     {15'000, 15'000, no_data},
                     {45'001, 45'001, abnormal}},
                    period);
  BOOST_TEST(got ==
             (rows{{0, 22'500, abnormal}, {15'000, 15'000, no_data}, {45'001, 45'001, abnormal}}));
  BOOST_TEST(merged(got, period) == got);
  BOOST_TEST(merged({}, period).empty());
}

BOOST_AUTO_TEST_CASE(runs_longer_than_a_day_are_split_from_their_start) {
  auto got = merged({{1000, 1000 + 2 * day + period, no_data}}, period);
  BOOST_TEST(got == (rows{{1000, 1000 + day, no_data},
                          {1000 + day + period, 1000 + 2 * day + period, no_data}}));
  BOOST_TEST(merged(got, period) == got);
  // Also when the period does not divide a day, or exceeds it.
  for (int64_t p : {int64_t{7000}, int64_t{1}, 2 * day})
    for (const auto& part : merged({{0, 5 * day, abnormal}}, p))
      BOOST_TEST(part.end_ms - part.start_ms <= day);
}

BOOST_AUTO_TEST_CASE(a_change_replaces_what_its_range_held) {
  rows existing = {{0, 90'000, abnormal}, {105'000, 105'000, internal_error}};
  auto got = after(existing, judged(30'000, 59'999, {}));
  BOOST_TEST(
    got ==
    (rows{{0, 15'000, abnormal}, {60'000, 90'000, abnormal}, {105'000, 105'000, internal_error}}));
  BOOST_TEST(after(got, judged(0, 200'000, {})).empty());
}

BOOST_AUTO_TEST_CASE(a_change_joins_its_neighbours_on_both_sides) {
  rows existing = {{0, 15'000, abnormal}, {60'000, 90'000, abnormal}};
  auto change = judged(30'000, 59'999, {{30'000, 45'000, abnormal}});
  auto got = after(existing, change);
  BOOST_TEST(got == (rows{{0, 90'000, abnormal}}));
  BOOST_TEST(changes_nothing(got, change));
}

BOOST_AUTO_TEST_CASE(judging_the_middle_of_a_row_again_changes_nothing) {
  rows existing = {{1000, 91'000, no_data}};
  for (int64_t from = 1000; from <= 91'000; from += 5000)
    for (int64_t until = from; until <= 100'000; until += 5000) {
      rows found;
      for (int64_t t = 1000; t <= 91'000; t += period)
        if (from <= t && t <= until)
          found.push_back({t, t, no_data});
      BOOST_TEST(changes_nothing(existing, judged(from, until, merged(found, period))),
                 from << " " << until);
    }
}

BOOST_AUTO_TEST_CASE(a_row_over_a_whole_range_spares_the_point_at_its_end) {
  rows existing = {{60'000, 60'000, abnormal}};
  auto change = judged(0, 59'999, {{0, 60'000, no_data}});
  BOOST_TEST(after(existing, change) == (rows{{0, 60'000, no_data}, {60'000, 60'000, abnormal}}));
}

BOOST_AUTO_TEST_CASE(rows_beyond_the_margin_are_left_alone) {
  rows existing = {{0, 0, abnormal}, {600'000, 600'000, abnormal}};
  auto change = judged(300'000, 300'000, {{300'000, 300'000, abnormal}});
  auto changes = rewrite(of_first_version(existing), change, period);
  BOOST_TEST((changes == std::vector{change}));
  auto needed = rows_needed(change, period);
  BOOST_TEST(needed.from_ms == 277'500);
  BOOST_TEST(needed.until_ms == 322'500);
}

BOOST_AUTO_TEST_CASE(rows_of_another_version_are_cut_but_not_joined) {
  auto store = holding({{0, 90'000, abnormal}, {120'000, 120'000, no_data}});
  row_store fitted(period);
  fitted.apply(judged(0, 90'000, {{0, 90'000, abnormal}}));
  fitted.apply(judged(120'000, 120'000, {{120'000, 120'000, no_data}}));
  auto second = judged(60'000, 200'000, {{60'000, 75'000, abnormal}}, "v2");
  fitted.apply(second);
  BOOST_TEST(fitted.rows("item") == (rows{{0, 45'000, abnormal}, {60'000, 75'000, abnormal}}));
  BOOST_TEST((fitted.digests("item") == std::vector<std::string>{"v1", "v2"}));
  fitted.apply(second);
  BOOST_TEST(fitted.rows("item") == (rows{{0, 45'000, abnormal}, {60'000, 75'000, abnormal}}));
  // In the middle of a row of the first version, without a finding.
  fitted.apply(judged(15'000, 20'000, {}, "v2"));
  BOOST_TEST(fitted.rows("item") ==
             (rows{{0, 0, abnormal}, {30'000, 45'000, abnormal}, {60'000, 75'000, abnormal}}));
  BOOST_TEST((fitted.digests("item") == std::vector<std::string>{"v1", "v1", "v2"}));
}

BOOST_AUTO_TEST_CASE(changes_speak_the_language_of_messages) {
  auto message = to_message(judged(0, 10, {{0, 5, no_data}}));
  BOOST_TEST(message.check_item == "item");
  BOOST_TEST(message.rule_digest == "v1");
  BOOST_TEST(message.replace_until_ms == 10);
  BOOST_TEST_REQUIRE(message.rows.size() == 1u);
  BOOST_TEST(message.rows[0].value == "No data");
  BOOST_TEST((interval_of(message.rows[0]) == interval{0, 5, no_data}));
  BOOST_TEST(!interval_of({0, 5, "Normal"}));
}

BOOST_AUTO_TEST_CASE(ranges_written_in_any_order_give_the_rows_of_the_whole) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    // A verdict per grid time, in runs; 8 = normal.
    std::vector<int> verdicts;
    while (verdicts.size() < 200)
      verdicts.insert(
        verdicts.end(), 1 + random() % 9, random() % 2 ? 8 : static_cast<int>(random() % 3));
    auto found_in = [&](size_t from, size_t until) {
      rows found;
      for (size_t i = from; i < until; ++i)
        if (verdicts[i] != 8) {
          auto t = static_cast<int64_t>(i) * period;
          found.push_back({t, t, static_cast<result_value>(verdicts[i])});
        }
      return merged(found, period);
    };
    std::vector<std::pair<size_t, size_t>> ranges;
    for (size_t from = 0; from < verdicts.size();) {
      size_t until = std::min(verdicts.size(), from + 1 + random() % 40);
      ranges.emplace_back(from, until);
      from = until;
    }
    for (int again = 0; again < 5; ++again)
      ranges.push_back(ranges[random() % ranges.size()]);
    std::shuffle(ranges.begin(), ranges.end(), random);
    row_store store(period);
    for (auto [from, until] : ranges)
      store.apply(judged(static_cast<int64_t>(from) * period,
                         static_cast<int64_t>(until) * period - 1,
                         found_in(from, until)));
    BOOST_TEST_REQUIRE(store.rows("item") == found_in(0, verdicts.size()));
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace results_test
