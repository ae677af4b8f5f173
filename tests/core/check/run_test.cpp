#include "runtime/core/check/run.hpp"

#include <boost/test/unit_test.hpp>

#include "support.hpp"

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
