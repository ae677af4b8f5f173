#include "runtime/core/check/run.hpp"

#include <boost/test/unit_test.hpp>

#include "support.hpp"

namespace run_test {

using namespace aops;
using namespace aops::check;

namespace {

constexpr int64_t period = 15'000;

rule_set::rule_ptr
rule(std::string condition, std::vector<std::string> names, std::string type = "kpi") {
  return make_rules({make_rule("item", std::move(condition), std::move(names), std::move(type))})
    ->rules()
    .front();
}

std::vector<point> points(std::initializer_list<std::pair<int64_t, int64_t>> xs) {
  std::vector<point> result;
  for (auto [t, x] : xs)
    result.push_back({t, number::of(x)});
  return result;
}

run_request over(int64_t start, int64_t end, time_basis basis = time_basis::delivered) {
  return {start, end, period, basis, 0};
}

run_data data(std::vector<item_data> items, std::span<const round_mark> rounds = {}) {
  return {std::move(items), rounds};
}

item_data kpi(std::span<const point> points) {
  item_data d;
  d.points = points;
  return d;
}

std::string shown(const run_result& r) {
  std::string text = r.whole ? "whole " + std::string(to_string(*r.whole)) : "";
  for (const auto& p : r.points)
    text += std::to_string(p.time_ms / 1000) + " " + std::string(to_string(p.value)) + ";";
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(runs)

BOOST_AUTO_TEST_CASE(points_are_judged_from_the_start_up_to_the_end_excluded) {
  auto a = points({{0, 90}, {15'000, 90}, {30'000, 10}, {45'000, 90}, {60'000, 90}});
  auto r = run_rule(rule("$0>80", {"a"}), over(15'000, 60'000), data({kpi(a)}));
  BOOST_TEST(shown(r) == "15 Abnormal;45 Abnormal;");
  BOOST_TEST(r.judged == 3u);
}

BOOST_AUTO_TEST_CASE(what_lies_before_the_range_is_history) {
  auto a = points({{0, 90}, {15'000, 10}, {30'000, 10}});
  auto r = run_rule(rule("max(#2)>80", {"a"}), over(15'000, 45'000), data({kpi(a)}));
  BOOST_TEST(shown(r) == "15 Abnormal;");
  auto range = range_to_fetch(*rule("max(#2)>80", {"a"}), over(15'000, 45'000));
  BOOST_TEST(range.from_ms == 15'000 - 30'000 - period);
  BOOST_TEST(range.until_ms == 45'000);
}

BOOST_AUTO_TEST_CASE(failures_and_missing_series_are_one_result_over_the_range) {
  auto a = points({{0, 90}});
  item_data broken;
  broken.failed = true;
  auto two = rule("$0>$1", {"a", "b"});
  BOOST_TEST(shown(run_rule(two, over(0, 60'000), data({kpi(a), broken}))) ==
             "whole Internal error");
  BOOST_TEST(shown(run_rule(two, over(0, 60'000), data({kpi(a), {}}))) == "whole No data");
  BOOST_TEST(shown(run_rule(two, over(30'000, 60'000), data({kpi(a), kpi(a)}))) == "whole No data");
  BOOST_TEST(shown(run_rule(rule("$0>", {"a"}), over(0, 60'000), data({kpi(a)}))) ==
             "whole Internal error");
}

BOOST_AUTO_TEST_CASE(a_failing_point_says_why_and_others_go_on) {
  auto a = points({{0, 0}, {15'000, 1}, {30'000, 0}});
  auto r = run_rule(rule("1/$0>0", {"a"}), over(0, 60'000), data({kpi(a)}));
  BOOST_TEST(shown(r) == "0 Internal error;15 Abnormal;30 Internal error;");
  BOOST_TEST(!r.points[0].reason.empty());
  BOOST_TEST(r.points[1].reason.empty());
}

BOOST_AUTO_TEST_CASE(samples_that_are_no_numbers_fail_at_their_point_only) {
  std::vector<point> a = {{0, number::of(int64_t{90})}, {15'000, expr::unreadable_sample}};
  auto r = run_rule(rule("$0>80", {"a"}), over(0, 60'000), data({kpi(a)}));
  BOOST_TEST(shown(r) == "0 Abnormal;15 Internal error;");
}

BOOST_AUTO_TEST_CASE(unordered_deliveries_are_put_in_order) {
  auto a = points({{30'000, 90}, {0, 10}, {15'000, 90}});
  auto r = run_rule(rule("change(#1)>0", {"a"}), over(15'000, 60'000), data({kpi(a)}));
  BOOST_TEST(shown(r) == "15 Abnormal;");
}

BOOST_AUTO_TEST_CASE(log_rules_are_judged_at_their_entries_and_read_metrics_by_time) {
  auto mixed = make_rule("item", "keyword('oom') && $1>80", {"dmesg", "a"});
  mixed.data_list[0].type = "log";
  auto r = make_rules({mixed})->rules().front();
  std::vector<log_point> log = {
    {1000, "boot"}, {20'000, "oom"}, {20'000, "killer"}, {70'000, "oom"}};
  auto a = points({{0, 10}, {15'000, 90}, {60'000, 10}});
  item_data entries;
  entries.entries = log;
  for (auto basis : {time_basis::delivered, time_basis::stored_grid}) {
    auto got = run_rule(r, over(0, 100'000, basis), data({entries, kpi(a)}));
    BOOST_TEST(shown(got) == "20 Abnormal;");
    BOOST_TEST(got.judged == 3u);
  }
}

BOOST_AUTO_TEST_CASE(a_run_becomes_a_change_over_its_range) {
  auto a = points({{0, 90}, {15'000, 90}, {30'000, 10}});
  auto request = over(0, 60'000);
  auto busy = rule("$0>80", {"a"});
  auto change = change_of(*busy, request, run_rule(busy, request, data({kpi(a)})));
  BOOST_TEST(change.check_item == "item");
  BOOST_TEST(change.rule_digest == busy->digest);
  BOOST_TEST(change.replace_from_ms == 0);
  BOOST_TEST(change.replace_until_ms == 59'999);
  BOOST_TEST(change.rows == (std::vector<interval>{{0, 15'000, abnormal}}));
  change = change_of(*busy, request, run_rule(busy, request, data({{}})));
  BOOST_TEST(change.rows == (std::vector<interval>{{0, 60'000, no_data}}));
  BOOST_TEST(change.replace_until_ms == 59'999);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(runs_with_matches)

BOOST_AUTO_TEST_CASE(delivered_series_are_instances_and_aggregated_once_aligned) {
  auto with = make_rule("item", "$0 > $1", {"a", "b"});
  with.data_list[0].match.emplace();
  with.data_list[1].match.emplace();
  with.data_list[1].agg = "sum";
  auto compiled = make_rules({with})->rules().front();
  auto x = points({{0, 5}, {15'000, 5}, {30'000, 50}}), y = points({{0, 1}, {15'000, 90}});
  // Two parts of a sum, whose samples are never of one time.
  auto b1 = points({{1000, 3}, {16'000, 10}, {31'000, 10}}),
       b2 = points({{4000, 3}, {19'000, 10}, {34'000, 10}});
  item_data first, second;
  first.series = {{0, {{"d", "y"}}, y}, {0, {{"d", "x"}}, x}};
  second.series = {{0, {{"i", "1"}}, b1}, {0, {{"i", "2"}}, b2}};
  auto r = run_rule(compiled, over(0, 60'000), data({first, second}));
  BOOST_TEST(shown(r) == "");
  BOOST_TEST_REQUIRE(r.instances.size() == 2u);
  BOOST_TEST((r.instances[0].labels == label_set{{"d", "x"}}));
  BOOST_TEST_REQUIRE(r.instances[0].points.size() == 1u);
  BOOST_TEST(r.instances[0].points[0].time_ms == 30'000); // 50 > 20, as 5 > 6 was not.
  BOOST_TEST_REQUIRE(r.instances[1].points.size() == 1u);
  BOOST_TEST(r.instances[1].points[0].time_ms == 15'000);
  auto changes = changes_of(
    *compiled, over(0, 60'000), r, std::vector<label_set>{{{"d", "gone"}}, {{"d", "x"}}});
  BOOST_TEST_REQUIRE(changes.size() == 4u);
  BOOST_TEST(changes[0].labels.empty());
  BOOST_TEST((changes[1].labels == label_set{{"d", "gone"}}));
  BOOST_TEST(changes[1].rows.empty());
  BOOST_TEST(changes[2].rows.size() == 1u);
  // Nothing matches; more than allowed match.
  BOOST_TEST(shown(run_rule(compiled, over(0, 60'000), data({{}, second}))) == "whole No data");
  auto few = over(0, 60'000);
  few.max_instances = 1;
  r = run_rule(compiled, few, data({first, second}));
  BOOST_TEST(shown(r) == "whole Internal error");
  BOOST_TEST(r.reason == "2 series match, 1 are judged (check.max_instances)");
  BOOST_TEST(r.instances.size() == 1u);
}

BOOST_AUTO_TEST_CASE(series_that_found_no_room_are_told) {
  auto with = make_rule("item", "$0 > 4", {"a"});
  with.data_list[0].match.emplace();
  auto each = make_rules({with})->rules().front();
  with.data_list[0].agg = "sum";
  auto sum = make_rules({with})->rules().front();
  auto x = points({{0, 5}, {15'000, 5}});
  item_data some;
  some.series = {{2, {{"d", "x"}}, x}};
  some.left_out = 3;
  const std::string why = "3 series that match are not kept (check.max_matched_series)";
  auto r = run_rule(each, over(0, 30'000), data({some}));
  BOOST_TEST(shown(r) == "whole Internal error");
  BOOST_TEST(r.reason == why);
  BOOST_TEST(r.instances.at(0).points.size() == 2u);
  BOOST_TEST(run_rule(sum, over(0, 30'000), data({some})).reason == why);
  std::vector<round_mark> marks = {{0, true, 0.1}, {15'000, true, 0.1}};
  for (const auto& rule : {each, sum}) {
    auto stored = data({some});
    stored.rounds = marks;
    r = run_rule(rule, over(0, 30'000, time_basis::stored_grid), stored);
    BOOST_TEST(shown(r) == "0 Internal error;15 Internal error;");
    BOOST_TEST(r.points.at(0).reason == why);
    BOOST_TEST(r.instances.size() == (rule == each ? 1u : 0u));
  }
}

BOOST_AUTO_TEST_CASE(delivered_joins_must_be_clear) {
  auto with = make_rule("item", "$0 > $1", {"a", "b"});
  with.data_list[0].match.emplace();
  with.data_list[1].match.emplace();
  auto compiled = make_rules({with})->rules().front();
  auto x = points({{0, 5}, {15'000, 5}});
  item_data first, second;
  first.series = {{0, {{"d", "x"}}, x}, {0, {{"d", "y"}}, x}};
  second.series = {{0, {{"d", "x"}, {"i", "1"}}, x}, {0, {{"d", "x"}, {"i", "2"}}, x}};
  auto r = run_rule(compiled, over(0, 60'000), data({first, second}));
  BOOST_TEST_REQUIRE(r.instances.size() == 2u);
  BOOST_TEST((r.instances[0].whole == internal_error));
  BOOST_TEST(r.instances[0].reason.starts_with("several series b"));
  BOOST_TEST((r.instances[1].whole == no_data));
  auto changes = changes_of(*compiled, over(0, 60'000), r);
  BOOST_TEST(changes[1].rows == (std::vector<interval>{{0, 60'000, internal_error}}));
}

BOOST_AUTO_TEST_CASE(time_counts_from_before_the_range) {
  auto lasting = make_rule("item", "$0 > 80", {"a"});
  lasting.for_ = "30s";
  auto compiled = make_rules({lasting})->rules().front();
  auto a = points({{0, 90}, {15'000, 90}, {30'000, 90}, {45'000, 10}, {60'000, 90}});
  auto range = range_to_fetch(*compiled, over(30'000, 90'000));
  BOOST_TEST(range.from_ms <= 0);
  BOOST_TEST(shown(run_rule(compiled, over(30'000, 90'000), data({kpi(a)}))) == "30 Abnormal;");
  std::vector<round_mark> rounds;
  for (int64_t t = 0; t < 90'000; t += period)
    rounds.push_back({t, true, 0.1});
  auto stored = over(30'000, 75'000, time_basis::stored_grid);
  BOOST_TEST(shown(run_rule(compiled, stored, data({kpi(a)}, rounds))) == "30 Abnormal;");
}

BOOST_AUTO_TEST_CASE(the_parts_of_a_condition_are_told_over_time) {
  auto a = points({{0, 90}, {15'000, 60}}), b = points({{0, 3}, {15'000, 0}});
  std::vector<round_mark> rounds = {{0, true, 0.1}, {15'000, true, 0.1}, {30'000, true, 0.1}};
  for (auto basis : {time_basis::delivered, time_basis::stored_grid}) {
    auto request = over(0, 60'000, basis);
    request.most_values = 100;
    auto two = rule("$0 / $1 > 20 || $0 > 95", {"a", "b"});
    auto r = run_rule(two, request, data({kpi(a), kpi(b)}, rounds));
    BOOST_TEST((r.parts == std::vector<std::string>{"$0 / $1", "$0"}));
    BOOST_TEST_REQUIRE(r.values.size() == 2u); // Where there is no data there is no value.
    BOOST_TEST(r.values[1].time_ms == 15'000);
    BOOST_TEST((r.values[0].values[0] == expr::value::of(30.0)));
    BOOST_TEST(r.values[1].values[0].is_null());
    BOOST_TEST((r.values[1].values[1] == expr::value::of(int64_t{60})));
    request.most_values = 2;
    BOOST_TEST(run_rule(two, request, data({kpi(a), kpi(b)}, rounds)).values.size() == 1u);
    request.most_values = 0;
    BOOST_TEST(run_rule(two, request, data({kpi(a), kpi(b)}, rounds)).parts.empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(runs_on_stored_rounds)

BOOST_AUTO_TEST_CASE(each_round_is_judged_as_it_would_be_live) {
  std::vector<round_mark> rounds = {
    {2000, true, 0.1}, {17'000, false, 2.0}, {32'000, true, 0.1}, {47'000, true, 0.1}};
  auto a = points({{2000, 90}, {32'000, 90}});
  auto request = over(0, 60'000, time_basis::stored_grid);
  auto r = run_rule(rule("$0>80", {"a"}), request, data({kpi(a)}, rounds));
  BOOST_TEST(shown(r) == "2 Abnormal;17 No data;32 Abnormal;47 No data;");
  r = run_rule(rule("$0==0", {"up"}), request, data({{}}, rounds));
  BOOST_TEST(shown(r) == "17 Abnormal;");
  r = run_rule(rule("$0>1", {"scrape_duration_seconds"}), request, data({{}}, rounds));
  BOOST_TEST(shown(r) == "17 Abnormal;");
}

BOOST_AUTO_TEST_CASE(without_any_round_the_whole_range_has_no_data) {
  std::vector<round_mark> rounds = {{2000, true, 0.1}};
  auto a = points({{2000, 90}});
  auto r = run_rule(
    rule("$0>80", {"a"}), over(3000, 60'000, time_basis::stored_grid), data({kpi(a)}, rounds));
  BOOST_TEST(shown(r) == "whole No data");
  BOOST_TEST(r.judged == 0u);
}

BOOST_AUTO_TEST_CASE(rounds_before_a_series_was_collected_are_missed_and_not_judged) {
  std::vector<round_mark> rounds;
  for (int64_t t = 2000; t < 100'000; t += period)
    rounds.push_back({t, true, 0.1}); // 2, 17, 32, 47, 62, 77, 92
  auto a = points({{62'000, 90}, {92'000, 10}});
  auto item = kpi(a);
  item.collected_from_ms = 50'000;
  auto r =
    run_rule(rule("$0>80", {"a"}), over(0, 100'000, time_basis::stored_grid), data({item}, rounds));
  BOOST_TEST(shown(r) == "62 Abnormal;77 No data;");
  BOOST_TEST_REQUIRE(r.missed.size() == 1u);
  BOOST_TEST(r.missed[0].check_item == "item");
  BOOST_TEST(r.missed[0].start_ms == 2000);
  BOOST_TEST(r.missed[0].end_ms == 47'000);
  BOOST_TEST(r.missed[0].reason == missed_not_collected);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace run_test
