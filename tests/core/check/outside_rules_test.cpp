#include "runtime/core/check/live.hpp"
#include "runtime/core/check/rounds.hpp"
#include "runtime/core/check/run.hpp"

#include <boost/test/unit_test.hpp>

#include "support.hpp"

namespace outside_rules_test {

using namespace aops;
using namespace aops::check;

namespace {

constexpr int64_t period = 15'000;

check_rule outside_rule(std::string condition, bool of_all = false) {
  auto rule = make_rule("unusual", std::move(condition), {"load"});
  rule.plugin = "ewma";
  if (of_all)
    rule.data_list[0].match.emplace();
  return rule;
}

outside_verdict said_of(int64_t t_ms, outside_verdict::state what) {
  outside_verdict x;
  x.time_ms = t_ms;
  x.what = what;
  x.expected = 10;
  x.low = 8;
  x.high = 12;
  return x;
}

/// A host with one rule, whose program is played by the test.
struct outside_host {
  host_checker host{period, "h1"};
  row_store store{period};
  std::vector<alert_change> told;
  rule_set::rule_ptr rule;

  explicit outside_host(check_rule x) {
    host.set_rules(make_rules({std::move(x)}), {}, 0);
    host.history_loaded();
    host.history_loaded(reach::far);
    rule = host.rules().rules().front();
  }
  int64_t at(int64_t k) const { return host.offset_ms() + k * period; }
  void take(int64_t k, std::vector<std::pair<label_set, double>> values) {
    std::vector<sample> samples;
    for (const auto& [labels, x] : values)
      samples.push_back({*host.slot_of("load", labels), number::of(x)});
    auto found = host.on_samples(at(k), samples, 0.1);
    store.apply(found);
    told.insert(told.end(), found.alerts.begin(), found.alerts.end());
  }
  std::vector<host_checker::outside_work> work() {
    return host.take_outside_work([](const compiled_rule&) { return true; });
  }
  std::string shown(const label_set& labels = {}) const {
    std::string text;
    for (const auto& row : store.rows("unusual", labels))
      text += std::to_string((row.start_ms - host.offset_ms()) / period) + "-" +
              std::to_string((row.end_ms - host.offset_ms()) / period) + " " +
              std::string(to_string(row.value)) + " (" + row.reason + ");";
    return text;
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(outside_rules)

BOOST_AUTO_TEST_CASE(a_program_is_shown_what_is_new_and_heard_in_the_next_round) {
  outside_host x(outside_rule("alpha=0.1 history=1m"));
  BOOST_TEST(x.rule->outside->parameters.at("alpha") == "0.1");
  for (int64_t k = 1; k <= 3; ++k)
    x.take(k, {{{}, 10}});
  auto first = x.work();
  BOOST_REQUIRE(first.size() == 1u);
  BOOST_REQUIRE(first[0].series.size() == 1u);
  auto slot = first[0].series[0].slot;
  BOOST_TEST(first[0].series[0].is_new);
  BOOST_TEST(first[0].series[0].past.size() == 2u);
  BOOST_TEST(first[0].series[0].fresh.size() == 1u);
  BOOST_TEST(x.work().at(0).series.at(0).fresh.empty()); // Nothing is new.
  x.take(4, {{{}, 99}});
  auto second = x.work();
  BOOST_TEST(!second[0].series[0].is_new);
  BOOST_TEST(second[0].series[0].fresh.at(0).second == 99.0);
  BOOST_TEST(x.shown() == "");
  x.host.outside_said(*x.rule, slot, said_of(x.at(4), outside_verdict::state::abnormal));
  x.take(5, {{{}, 99}});
  BOOST_TEST(x.shown() == "5-5 Abnormal (value 99, expected 10 (8 to 12));");
  // What it said of long ago counts no more.
  x.take(6, {{{}, 99}});
  x.take(7, {{{}, 99}});
  BOOST_TEST(x.shown() == "5-6 Abnormal (value 99, expected 10 (8 to 12));");
}

BOOST_AUTO_TEST_CASE(a_program_that_is_away_is_said_once_and_asked_from_the_begin) {
  outside_host x(outside_rule("alpha=0.1", true));
  const label_set a{{"cpu", "0"}}, b{{"cpu", "1"}};
  x.take(1, {{a, 10}, {b, 10}});
  auto first = x.work();
  for (const auto& s : first.at(0).series)
    x.host.outside_said(*x.rule, s.slot, said_of(x.at(1), outside_verdict::state::abnormal));
  x.take(2, {{a, 99}, {b, 99}});
  x.host.outside_fails(*x.rule, "plug-in ewma: was ended by signal 9 (Killed)");
  x.take(3, {{a, 99}, {b, 99}});
  x.take(4, {{a, 99}, {b, 99}});
  BOOST_TEST(x.shown() == "3-4 Internal error (plug-in ewma: was ended by signal 9 (Killed));");
  BOOST_TEST(x.shown(a) == "2-2 Abnormal (value 99, expected 10 (8 to 12));");
  BOOST_TEST(std::count_if(x.told.begin(), x.told.end(), [](const alert_change& c) {
               return c.value == "Internal error";
             }) == 1);
  auto again = x.work();
  BOOST_REQUIRE(again.size() == 1u);
  for (const auto& s : again[0].series) {
    BOOST_TEST(s.is_new);
    x.host.outside_said(*x.rule, s.slot, said_of(x.at(4), outside_verdict::state::well));
  }
  x.host.outside_fails(*x.rule, {});
  x.take(5, {{a, 10}, {b, 10}});
  BOOST_TEST(x.shown() == "3-4 Internal error (plug-in ewma: was ended by signal 9 (Killed));");
  x.host.outside_said(*x.rule, again[0].series[0].slot, std::nullopt); // It forgot.
  auto last = x.work();
  BOOST_TEST(last.at(0).series.at(0).is_new);
  BOOST_TEST(!last.at(0).series.at(1).is_new);
}

BOOST_AUTO_TEST_CASE(over_the_past_each_sample_has_its_own_verdict) {
  auto rules = make_rules({outside_rule("alpha=0.1 history=1m")});
  auto rule = rules->rules().front();
  std::vector<round_mark> rounds;
  std::vector<point> points;
  outside_judged judged;
  for (int64_t k = 0; k < 10; ++k) {
    rounds.push_back({k * period, true, 0.1});
    points.push_back({k * period, number::of(k == 5 ? 99.0 : 10.0)});
    judged.verdicts.push_back(said_of(
      k * period, k == 5 ? outside_verdict::state::abnormal : outside_verdict::state::well));
  }
  run_request request;
  request.start_ms = 2 * period;
  request.end_ms = 10 * period;
  request.period_ms = period;
  request.basis = time_basis::stored_grid;
  request.most_values = 100;
  run_data data;
  data.items.resize(1);
  data.items[0].points = points;
  data.rounds = rounds;
  auto unasked = run_rule(rule, request, data);
  BOOST_REQUIRE(unasked.points.size() == 8u);
  BOOST_TEST(unasked.points[0].reason == "plug-in ewma: was not asked");
  data.is_outside_asked = true;
  data.outside = {judged};
  auto found = run_rule(rule, request, data);
  BOOST_REQUIRE(found.points.size() == 1u);
  BOOST_TEST(found.points[0].time_ms == 5 * period);
  BOOST_TEST(found.points[0].reason == "value 99, expected 10 (8 to 12)");
  BOOST_TEST(found.values.size() == 8u);
  data.outside = {};
  data.outside_problem = "plug-in ewma: away";
  BOOST_TEST(run_rule(rule, request, data).points.size() == 8u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace outside_rules_test
