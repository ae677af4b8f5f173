#include "runtime/core/check/trial.hpp"

#include <boost/test/unit_test.hpp>

#include "support.hpp"
#include <limits>

namespace trial_test {

using namespace aops;
using namespace aops::check;

namespace {

constexpr int64_t period = 15'000;

/// Four rounds of a rule on all series of `a`, two of which there are; one lacks two samples.
struct scene {
  scene() {
    auto rule = make_rule("item", "$0 > 2", {"a"});
    rule.data_list[0].match.emplace();
    rule.no_data = "";
    compiled = make_rules({rule})->rules().front();
    request.start_ms = 0;
    request.end_ms = 4 * period;
    request.period_ms = period;
    request.basis = time_basis::stored_grid;
    request.most_values = most_tried_values;
    known.add("a", {{"d", "x"}});
    known.add("a", {{"d", "y"}});
  }
  run_result run() {
    std::vector<point> x, y;
    std::vector<round_mark> rounds;
    for (int64_t i = 0; i < 4; ++i) {
      rounds.push_back({i * period});
      x.push_back({i * period, number::of(i)});
      if (i < 2)
        y.push_back({i * period, number::of(10 * i)});
    }
    run_data data;
    data.rounds = rounds;
    data.items.resize(1);
    data.items[0].series = {{0, {{"d", "x"}}, x}, {0, {{"d", "y"}}, y}};
    return run_rule(compiled, request, data);
  }
  rule_set::rule_ptr compiled;
  run_request request;
  series_catalogue known;
};

std::string text_of(const maybe<number>& x) {
  return x ? std::to_string(x->as_double()).substr(0, 4) : "none";
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(trials, scene)

BOOST_AUTO_TEST_CASE(rows_are_told_for_each_instance_with_its_labels_and_reason) {
  auto reply = tested(*compiled, "h", request, run(), known);
  BOOST_TEST(reply.points == 4);
  BOOST_TEST(reply.without_data == 1); // Then the instance is gone: the rule looks back no further.
  std::map<std::string, std::string> rows;
  for (const auto& x : reply.check_result) {
    BOOST_TEST(x.host_id == "h");
    rows[x.labels.at("d")] +=
      x.value + " " + std::to_string(x.start.ms / period) + " " + x.reason + ";";
  }
  BOOST_TEST(rows["x"] == "Abnormal 3 ;");
  BOOST_TEST(rows["y"].find("Abnormal 1 ;No data 2 no sample of a") == 0u, rows["y"]);
}

BOOST_AUTO_TEST_CASE(parts_are_told_over_time_with_their_extremes) {
  auto reply = tested(*compiled, "h", request, run(), known);
  BOOST_REQUIRE(reply.parts.size() == 2u);
  const auto& x = reply.parts[0];
  BOOST_TEST(x.text == "$0");
  BOOST_TEST(x.labels.at("d") == "x");
  BOOST_TEST(x.points == 4);
  BOOST_TEST((text_of(x.min) + text_of(x.max) + text_of(x.last)) == "0.003.003.00");
  BOOST_REQUIRE(x.values.size() == 4u);
  BOOST_TEST(x.values[2].time.ms == 2 * period);
  BOOST_TEST((x.values[2].value == number::of(int64_t{2})));
  BOOST_TEST(reply.parts[1].points == 2);
}

BOOST_AUTO_TEST_CASE(a_typed_condition_has_quantiles_and_the_words_that_were_typed) {
  auto reply = evaluated(*compiled, "h", request, run(), known);
  BOOST_REQUIRE(reply.parts.size() == 2u);
  const auto& x = reply.parts[0];
  BOOST_TEST(x.text == "a");
  BOOST_TEST((text_of(x.p50) + text_of(x.p95) + text_of(x.p99)) == "1.003.003.00");
  BOOST_TEST(reply.rule.condition == "$0 > 2");
}

BOOST_AUTO_TEST_CASE(series_under_the_names_of_the_rule_are_counted) {
  auto reply = tested(*compiled, "h", request, run(), known);
  BOOST_REQUIRE(reply.series.size() == 1u);
  BOOST_TEST(reply.series[0].name == "a");
  BOOST_TEST(reply.series[0].series == 2);
  BOOST_TEST(reply.series[0].labels.size() == 2u);
  BOOST_TEST(reply.warnings.empty());
  auto none = tested(*compiled, "h", request, run(), {});
  BOOST_TEST(none.series[0].series == 0);
  BOOST_TEST(none.warnings == std::vector<std::string>{"the host does not have a series a"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_rule_without_series_comes_to_nothing_but_no_data) {
  run_data data;
  std::vector<round_mark> rounds{{0}, {period}};
  data.rounds = rounds;
  data.items.resize(1);
  auto reply = tested(*compiled, "h", request, run_rule(compiled, request, data), {});
  BOOST_TEST(reply.points == 2);
  BOOST_TEST(reply.without_data == 2);
  BOOST_REQUIRE(reply.check_result.size() == 1u);
  BOOST_TEST(reply.check_result[0].value == "No data");
  data.rounds = {};
  BOOST_TEST(tested(*compiled, "h", request, run_rule(compiled, request, data), {}).without_data ==
             1);
}

BOOST_AUTO_TEST_CASE(a_time_when_nobody_kept_the_series_has_no_data_and_is_told) {
  run_data data;
  std::vector<round_mark> rounds{{0}, {period}, {2 * period}};
  data.rounds = rounds;
  data.items.resize(1);
  data.items[0].collected_from_ms = 2 * period;
  auto reply = tested(*compiled, "h", request, run_rule(compiled, request, data), known);
  BOOST_TEST(reply.points == 3);
  BOOST_TEST(reply.without_data == 3);
  BOOST_REQUIRE(reply.warnings.size() == 1u);
  BOOST_TEST(reply.warnings[0].find("2 of 3 points are of a time when nobody kept its series") ==
             0u);
}

BOOST_AUTO_TEST_CASE(what_is_left_out_is_told) {
  request.most_values = 2;
  auto reply = tested(*compiled, "h", request, run(), known);
  BOOST_TEST(reply.warnings.empty()); // Two values are not the limit that a trial has.
  run_result many;
  many.parts = {"$0"};
  many.values.resize(most_tried_values, {0, {expr::value::of(int64_t{1})}});
  reply = tested(*compiled, "h", request, many, known);
  BOOST_REQUIRE(reply.warnings.size() == 1u);
  BOOST_TEST(reply.warnings[0].find("the first 200000 values") == 0u);
  BOOST_TEST(reply.parts.at(0).values.size() == most_shown_values);
}

BOOST_AUTO_TEST_CASE(courses_are_thinned_out_evenly_with_both_ends) {
  std::vector<std::pair<int64_t, number>> values;
  for (int64_t i = 0; i < 1000; ++i)
    values.emplace_back(i, number::of(i));
  auto some = thinned(values, 4);
  std::string times;
  for (const auto& x : some)
    times += std::to_string(x.time.ms) + " ";
  BOOST_TEST(times == "0 333 666 999 ");
  BOOST_TEST(thinned(values, 1).front().time.ms == 999);
  BOOST_TEST(thinned({}, 4).empty());
}

BOOST_AUTO_TEST_CASE(nan_and_texts_have_no_place_among_the_figures) {
  run_result odd;
  odd.parts = {"$0"};
  odd.values = {{0, {expr::value::of(std::numeric_limits<double>::quiet_NaN())}},
                {1, {expr::value::of(std::string{"text"})}},
                {2, {expr::value::of(4.0)}},
                {3, {expr::value{}}}};
  auto reply = evaluated(*compiled, "h", request, odd, known);
  BOOST_TEST(reply.parts.at(0).points == 2);
  BOOST_TEST((text_of(reply.parts[0].min) + text_of(reply.parts[0].p99)) == "4.004.00");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace trial_test
