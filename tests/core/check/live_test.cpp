#include "runtime/core/check/lack.hpp"

#include <boost/test/unit_test.hpp>

#include "support.hpp"

namespace live_test {

using namespace aops;
using namespace aops::check;

namespace {

constexpr int64_t period = 15'000;

/// One host whose rounds come by number.
struct fixture {
  host_checker host{period, "h1", make_list()};
  row_store store{period};

  static std::shared_ptr<const keep_list> make_list() {
    return std::make_shared<const keep_list>(keep_list{"kept", "node_cpu_seconds_total"});
  }
  int64_t at(int64_t n) const { return host.offset_ms() + n * period; }

  rules_diff use(std::vector<check_rule> rules, int64_t backfill_from_ms = 0) {
    return host.set_rules(make_rules(std::move(rules)), {}, backfill_from_ms);
  }
  round_result answered(int64_t n, std::vector<std::pair<std::string, int64_t>> values) {
    std::vector<sample> samples;
    for (auto& [name, x] : values)
      if (auto slot = host.slot_of(name, {}))
        samples.push_back({*slot, number::of(x)});
    auto r = host.on_samples(at(n), samples, 0.1);
    store.apply(r);
    return r;
  }
  round_result failed(int64_t n) {
    auto r = host.on_failure(at(n), 2.0);
    store.apply(r);
    return r;
  }
  /// `item{labels} value round (reason);` for each.
  std::string shown(const std::vector<alert_change>& alerts) const {
    std::string text;
    for (const auto& x : alerts) {
      data_item name;
      name.name = x.check_item;
      name.label = x.labels;
      text += shown_series(name) + " " + x.value + " " +
              std::to_string((x.since_ms - host.offset_ms()) / period) +
              (x.reason.empty() ? ";" : " (" + x.reason + ");");
    }
    return text;
  }
  std::vector<interval> rows(std::vector<std::tuple<int64_t, int64_t, result_value>> xs) const {
    std::vector<interval> result;
    for (auto [from, until, v] : xs)
      result.push_back({at(from), at(until), v});
    return result;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(live, fixture)

BOOST_AUTO_TEST_CASE(an_anomaly_is_one_row_that_grows) {
  use({make_rule("busy", "$0>80", {"a"})});
  answered(0, {{"a", 10}});
  auto r = answered(1, {{"a", 90}});
  BOOST_TEST_REQUIRE(r.changes.size() == 1u);
  BOOST_TEST(r.changes[0].rows == rows({{1, 1, abnormal}}));
  r = answered(2, {{"a", 91}});
  BOOST_TEST_REQUIRE(r.changes.size() == 1u);
  BOOST_TEST(r.changes[0].rows == rows({{1, 2, abnormal}}));
  BOOST_TEST(r.changes[0].replace_from_ms == at(1));
  BOOST_TEST(r.changes[0].replace_until_ms == at(2));
  BOOST_TEST(answered(3, {{"a", 10}}).changes.empty());
  answered(4, {{"a", 90}});
  BOOST_TEST(store.rows("busy") == rows({{1, 2, abnormal}, {4, 4, abnormal}}));
  BOOST_TEST(host.cursor_ms().value() == at(4));
}

BOOST_AUTO_TEST_CASE(no_data_is_one_open_row_closed_by_data) {
  use({make_rule("busy", "$0>80", {"a"})});
  answered(0, {{"a", 10}});
  for (int n = 1; n < 6; ++n)
    failed(n);
  answered(6, {{"b", 1}}); // Answered, but without `a`.
  answered(7, {{"a", 10}});
  failed(8);
  BOOST_TEST(store.rows("busy") == rows({{1, 6, no_data}, {8, 8, no_data}}));
}

BOOST_AUTO_TEST_CASE(a_host_that_does_not_answer_is_judged_by_its_own_series) {
  use({make_rule("down", "$0==0", {"up"}),
       make_rule("slow", "$0>1", {"scrape_duration_seconds"}),
       make_rule("both", "$0==0 && $1>1", {"up", "scrape_duration_seconds"}),
       make_rule("mixed", "$0==0 && $1>80", {"up", "a"}),
       make_rule("flapping", "change(#1)!=0", {"up"})});
  answered(0, {{"a", 90}});
  failed(1);
  failed(2);
  answered(3, {{"a", 90}, {"up", 0}}); // What the exporter says of itself does not count.
  BOOST_TEST(store.rows("down") == rows({{1, 2, abnormal}}));
  BOOST_TEST(store.rows("slow") == rows({{1, 2, abnormal}}));
  BOOST_TEST(store.rows("both") == rows({{1, 2, abnormal}}));
  BOOST_TEST(store.rows("mixed") == rows({{1, 2, no_data}}));
  BOOST_TEST(store.rows("flapping") == rows({{1, 1, abnormal}, {3, 3, abnormal}}));
}

BOOST_AUTO_TEST_CASE(another_item_may_be_one_horizon_old_but_not_unknown) {
  use({make_rule("near", "$0>$1", {"a", "b"}), make_rule("far", "$0>$1 || max(1m)<0", {"a", "b"})});
  answered(0, {{"a", 2}});
  answered(1, {{"a", 2}, {"b", 1}});
  for (int n = 2; n < 9; ++n)
    answered(n, {{"a", 2}});
  BOOST_TEST(store.rows("near") == rows({{0, 0, no_data}, {1, 2, abnormal}, {3, 8, no_data}}));
  BOOST_TEST(store.rows("far") == rows({{0, 0, no_data}, {1, 6, abnormal}, {7, 8, no_data}}));
}

BOOST_AUTO_TEST_CASE(a_rule_does_not_see_points_older_than_its_own_horizon) {
  // The long window must not lend its old points to `#2` over the gap.
  use({make_rule("short", "sum(#2)>150", {"a"}), make_rule("long", "max(1h)>1000", {"a"})});
  answered(0, {{"a", 90}});
  answered(1, {{"a", 90}});
  for (int n = 2; n < 10; ++n)
    failed(n);
  answered(10, {{"a", 90}});
  answered(11, {{"a", 90}});
  BOOST_TEST(store.rows("short") == rows({{1, 1, abnormal}, {2, 9, no_data}, {11, 11, abnormal}}));
}

BOOST_AUTO_TEST_CASE(a_refused_rule_is_an_internal_error_and_a_log_rule_is_not_for_rounds) {
  use({make_rule("broken", "$0>", {"a"}), make_rule("log", "keyword('x')", {"a"}, "log")});
  answered(0, {{"a", 1}});
  failed(1);
  BOOST_TEST(store.rows("broken") == rows({{0, 1, internal_error}}));
  BOOST_TEST(store.rows("log").empty());
}

BOOST_AUTO_TEST_CASE(a_round_behind_the_cursor_is_stale_and_a_gap_is_a_deviation) {
  use({make_rule("busy", "$0>80", {"a"})});
  answered(3, {{"a", 90}});
  auto r = answered(3, {{"a", 10}});
  BOOST_TEST(r.stale);
  BOOST_TEST(r.until_ms == at(3));
  BOOST_TEST(answered(4, {{"a", 90}}).deviations.empty());
  r = answered(8, {{"a", 90}});
  BOOST_TEST_REQUIRE(r.deviations.size() == 1u);
  BOOST_TEST(r.deviations[0].check_item == "");
  BOOST_TEST(r.deviations[0].start_ms == at(5));
  BOOST_TEST(r.deviations[0].end_ms == at(7));
  BOOST_TEST(r.deviations[0].reason == missed_not_sampled);
  BOOST_TEST(store.rows("busy") == rows({{3, 4, abnormal}, {8, 8, abnormal}}));
}

BOOST_AUTO_TEST_CASE(only_wanted_series_get_a_slot) {
  use({make_rule("r", "$0>$1", {"a", "up"})});
  BOOST_TEST(host.wants_name("a"));
  BOOST_TEST(host.wants_name("kept"));
  BOOST_TEST(!host.wants_name("up"));
  BOOST_TEST(!host.wants_name("b"));
  BOOST_TEST(!host.slot_of("a", {{"x", "1"}}).has_value());
  BOOST_TEST(host.wants({"kept", {{"x", "1"}}}));
  auto slot = host.slot_of("kept", {{"x", ""}, {"y", "2"}});
  BOOST_TEST_REQUIRE(slot.has_value());
  BOOST_TEST((host.slot_of("kept", {{"y", "2"}, {"x", ""}}) == slot));
  BOOST_TEST((host.kept().key_of(*slot) == series_key{"kept", {{"x", ""}, {"y", "2"}}}));
  BOOST_TEST_REQUIRE(host.kept().bound().size() == 1u);
  BOOST_TEST(host.kept().bound()[0].key.name == "a");
  answered(0, {{"kept", 7}});
  BOOST_TEST((host.kept().last_of(*host.slot_of("kept", {}))->value == number::of(int64_t{7})));
}

BOOST_AUTO_TEST_CASE(the_keep_list_cannot_fill_the_memory) {
  host_checker bounded(period, "h1", make_list(), 2);
  for (int i = 0; i < 5; ++i)
    bounded.slot_of("kept", {{"i", std::to_string(i)}});
  BOOST_TEST(!bounded.slot_of("kept", {{"i", "4"}}).has_value());
  BOOST_TEST(bounded.slot_of("kept", {{"i", "1"}}).has_value());
  BOOST_TEST(!bounded.wants({"kept", {{"i", "4"}}}));
  BOOST_TEST(bounded.kept().left_out() == 4u);
}

BOOST_AUTO_TEST_CASE(slots_survive_rule_changes_as_long_as_somebody_wants_the_series) {
  use({make_rule("r", "$0>1", {"a"}), make_rule("s", "$0>1", {"b"})});
  auto a = host.slot_of("a", {}), b = host.slot_of("b", {});
  auto diff = use({make_rule("r", "$0>2", {"a"}), make_rule("t", "$0>1", {"c"})});
  BOOST_TEST(diff.replaced == (std::vector<std::string>{"r"}));
  BOOST_TEST(diff.removed == (std::vector<std::string>{"s"}));
  BOOST_TEST(diff.added == (std::vector<std::string>{"t"}));
  BOOST_TEST((host.slot_of("a", {}) == a));
  BOOST_TEST(!host.slot_of("b", {}).has_value());
  BOOST_TEST(!host.wants_name("b"));
  // The slot of `b` stays its own: stored samples carry it.
  use({make_rule("u", "$0>1", {"d"}), make_rule("s", "$0>1", {"b"})});
  BOOST_TEST((host.slot_of("b", {}) == b));
  BOOST_TEST((host.slot_of("d", {}) != a));
}

BOOST_AUTO_TEST_CASE(slots_survive_a_restart_until_no_stored_sample_carries_them) {
  use({make_rule("r", "$0>1", {"a"})});
  answered(0, {{"a", 1}, {"kept", 2}});
  auto series = host.kept().take_new();
  BOOST_TEST_REQUIRE(series.size() == 2u);
  BOOST_TEST(host.kept().take_new().empty());

  host_checker next(period, "h1", make_list());
  next.adopt_series(series, at(0));
  next.set_rules(make_rules({make_rule("t", "$0>1", {"c"})}), {}, 0);
  BOOST_TEST(!next.slot_of("a", {}).has_value()); // Known, but not wanted.
  BOOST_TEST((next.slot_of("kept", {}) == host.slot_of("kept", {})));
  BOOST_TEST((next.slot_of("c", {}) != host.slot_of("a", {})));
  BOOST_TEST((next.kept().key_of(*host.slot_of("a", {})) == series_key{"a", {}}));
  BOOST_TEST(next.kept().forget_unseen(at(0)).empty());
  BOOST_TEST(next.kept().forget_unseen(at(0) + 1).size() == 2u);
  BOOST_TEST(next.kept().key_of(*host.slot_of("a", {})).name == "");
}

BOOST_AUTO_TEST_CASE(series_are_forgotten_some_at_a_time_and_their_slots_are_given_again) {
  for (int i = 0; i < 5; ++i)
    answered(i, {{"kept", 1}});
  auto& kept = host.kept();
  for (uint32_t slot = 10; slot < 15; ++slot)
    BOOST_TEST(kept.adopt(slot, {"kept", {{"id", std::to_string(slot)}}}, at(0)));
  BOOST_TEST((kept.forget_unseen(at(1), 2) == std::vector<uint32_t>{10, 11}));
  BOOST_TEST((kept.forget_unseen(at(1), 9) == std::vector<uint32_t>{12, 13, 14}));
  BOOST_TEST(kept.forget_unseen(at(1), 9).empty());
  auto again = host.slot_of("kept", {{"id", "new"}});
  BOOST_TEST_REQUIRE(again.has_value());
  BOOST_TEST(*again >= 2u);
  BOOST_TEST(*again < 15u);
}

BOOST_AUTO_TEST_CASE(absurd_slots_are_not_adopted) {
  auto& kept = host.kept();
  BOOST_TEST(kept.adopt(7, {"x", {}}, 0));
  BOOST_TEST(!kept.adopt(7, {"y", {}}, 0));
  BOOST_TEST(!kept.adopt(8, {"x", {}}, 0));
  BOOST_TEST(!kept.adopt(0, {"y", {}}, 0));
  BOOST_TEST(kept.adopt(0, {"up", {}}, 0));
  BOOST_TEST(!kept.adopt(0xffffffff, {"z", {}}, 0));
  BOOST_TEST(kept.adopt(3, {"y", {}}, 0));
  use({make_rule("r", "$0>$1", {"a", "x"})});
  BOOST_TEST((host.slot_of("x", {}) == 7u));
}

BOOST_AUTO_TEST_CASE(groups_decide_which_rules_apply) {
  auto grouped = make_rule("web", "$0>1", {"a"});
  grouped.host_group_list.emplace(1, "web");
  std::vector<std::string> web = {"web"};
  auto set = make_rules({grouped, make_rule("all", "$0>1", {"a"})});
  BOOST_TEST(host.set_rules(set, {}, 0).added == (std::vector<std::string>{"all"}));
  BOOST_TEST(host.set_rules(set, web, 0).added == (std::vector<std::string>{"web"}));
  BOOST_TEST(host.set_rules(set, {}, 0).removed == (std::vector<std::string>{"web"}));
}

BOOST_AUTO_TEST_CASE(a_new_rule_on_an_unkept_series_starts_its_ledger) {
  use({make_rule("r", "$0>1", {"a"})}, at(0));
  auto r = answered(0, {{"a", 1}}); // Born with this round: nothing missed.
  BOOST_TEST(r.deviations.empty());
  answered(1, {{"a", 1}});
  auto diff = use({make_rule("r", "$0>1", {"a"}),
                   make_rule("same", "$0>2", {"a"}),
                   make_rule("listed", "$0>2", {"kept"}),
                   make_rule("late", "$0>2", {"b"})},
                  at(0) - 1);
  BOOST_TEST(diff.added == (std::vector<std::string>{"late", "listed", "same"}));
  BOOST_TEST(diff.not_collected == (std::vector<std::string>{"late"}));
  r = answered(2, {{"a", 1}, {"b", 1}, {"kept", 1}});
  BOOST_TEST_REQUIRE(r.deviations.size() == 1u);
  BOOST_TEST(r.deviations[0].check_item == "late");
  BOOST_TEST(r.deviations[0].start_ms == at(0));
  BOOST_TEST(r.deviations[0].end_ms == at(1));
  BOOST_TEST(r.deviations[0].reason == missed_not_collected);
  BOOST_TEST(answered(3, {{"a", 1}}).deviations.empty());
}

BOOST_AUTO_TEST_CASE(since_when_a_series_is_collected_follows_from_the_rules) {
  host.set_rules(rule_set::build({{make_rule("r", "$0>1", {"a"}), "", 500},
                                  {make_rule("s", "$0>1", {"a"}), "", 300}}),
                 {},
                 0);
  BOOST_TEST(host.collected_from_ms({"a", "kpi", {}}) == 300);
  BOOST_TEST(host.collected_from_ms({"kept", "kpi", {}}) == std::numeric_limits<int64_t>::min());
  BOOST_TEST(host.collected_from_ms({"up", "kpi", {}}) == std::numeric_limits<int64_t>::min());
  BOOST_TEST(host.collected_from_ms({"b", "kpi", {}}) == std::numeric_limits<int64_t>::max());
}

BOOST_AUTO_TEST_CASE(states_say_since_when) {
  use({make_rule("busy", "$0>80", {"a"})});
  BOOST_TEST(!host.states()[0].since_ms.has_value());
  answered(0, {{"a", 10}});
  answered(1, {{"a", 90}});
  answered(2, {{"a", 90}});
  BOOST_TEST((host.states()[0].value == abnormal));
  BOOST_TEST(host.states()[0].since_ms.value() == at(1));
}

BOOST_AUTO_TEST_CASE(rows_say_why_they_are_not_abnormal) {
  use({make_rule("busy", "100/$0>50", {"a"}), make_rule("two", "$0>$1", {"a", "b"})});
  answered(0, {{"a", 0}, {"b", 0}});
  BOOST_TEST(store.rows("busy")[0].reason == "division by zero");
  store.apply(host.on_failure(at(1), 2.0, "exporter refused the connection"));
  store.apply(host.on_failure(at(2), 2.0, "exporter does not speak"));
  BOOST_TEST(store.rows("busy")[1].reason == "exporter refused the connection");
  answered(3, {{"a", 1}, {"b", 0}});
  BOOST_TEST((store.rows("two").back().value == abnormal));
  BOOST_TEST(store.rows("two").back().reason == "");
  answered(4, {{"b", 1}});
  BOOST_TEST(store.rows("two").back().reason == "no sample of a");
  auto message = to_message({"two", "d", 0, 1, store.rows("busy"), {{"x", "1"}}});
  BOOST_TEST(message.rows[0].reason == "division by zero");
  BOOST_TEST((message.labels == label_set{{"x", "1"}}));
  BOOST_TEST(interval_of(message.rows[0])->reason == "division by zero");
}

BOOST_AUTO_TEST_CASE(a_reason_is_cut_at_a_character) {
  BOOST_TEST(short_reason(std::string(255, 'x') + "é") == std::string(255, 'x'));
  BOOST_TEST(short_reason(std::string(254, 'x') + "é") == std::string(254, 'x') + "é");
}

BOOST_AUTO_TEST_CASE(each_change_is_told_once) {
  use({make_rule("busy", "$0>80", {"a"})});
  BOOST_TEST(shown(answered(0, {{"a", 10}}).alerts) == "");
  BOOST_TEST(shown(answered(1, {{"a", 90}}).alerts) == "busy Abnormal 1;");
  BOOST_TEST(shown(answered(2, {{"a", 91}}).alerts) == "");
  BOOST_TEST(shown(failed(3).alerts) == "busy No data 3 (the host did not answer);");
  BOOST_TEST(shown(failed(4).alerts) == "");
  BOOST_TEST(shown(answered(5, {{"a", 1}}).alerts) == "busy  5;");
  BOOST_TEST(shown(answered(6, {{"a", 1}}).alerts) == "");
  answered(7, {{"a", 90}});
  use({make_rule("busy", "$0>70", {"a"})});
  BOOST_TEST(shown(answered(8, {{"a", 90}}).alerts) == ""); // It is what it was.
  use({});
  BOOST_TEST(shown(answered(9, {{"a", 90}}).alerts) == "busy  9;");
}

BOOST_AUTO_TEST_CASE(what_ended_while_nobody_looked_is_told_after_a_start) {
  use({make_rule("busy", "$0>80", {"a"}), make_rule("calm", "$0<80", {"a"})});
  std::vector<alert_change> open = {{"busy", {}, "Abnormal", at(0), "warning", ""},
                                    {"calm", {}, "Abnormal", at(0), "warning", ""},
                                    {"gone", {}, "No data", at(0), "warning", "why"},
                                    {"busy", {{"device", "sda"}}, "Abnormal", at(0), "info", ""}};
  host.resume(at(4), {}, open);
  auto r = answered(5, {{"a", 90}});
  BOOST_TEST(shown(r.alerts) == "busy{device=sda}  5;gone  5;calm  5;");
  BOOST_TEST(shown(answered(6, {{"a", 10}}).alerts) == "busy  6;calm Abnormal 6;");
}

BOOST_AUTO_TEST_CASE(what_lasts_is_told_again_when_its_rule_says_something_else_of_it) {
  auto busy = make_rule("busy", "$0>80", {"a"});
  use({busy});
  answered(0, {{"a", 90}});
  busy.severity = "critical";
  use({busy});
  auto r = answered(1, {{"a", 90}});
  BOOST_TEST(shown(r.alerts) == "busy Abnormal 0;"); // The same alert.
  BOOST_TEST(r.alerts.at(0).severity == "critical");
  BOOST_TEST(shown(answered(2, {{"a", 90}}).alerts) == "");
  // A start that knows it under another severity.
  auto known = r.alerts;
  known[0].severity = "info";
  host.resume(at(2), {}, known);
  r = answered(3, {{"a", 90}});
  BOOST_TEST(shown(r.alerts) == "busy Abnormal 0;");
  BOOST_TEST(r.alerts.at(0).severity == "critical");
  // Without data: once it is an alert.
  failed(4);
  busy.no_data = "alert";
  use({busy});
  BOOST_TEST(shown(failed(5).alerts) == "busy No data 4 (the host did not answer);");
  BOOST_TEST(shown(failed(6).alerts) == "");
}

BOOST_AUTO_TEST_CASE(a_replay_tells_what_began_and_ended) {
  use({make_rule("busy", "$0>80", {"a"}), make_rule("calm", "$0<80", {"a"})});
  auto slot = *host.slot_of("a", {});
  int64_t n = 0;
  auto after = [&](std::vector<int64_t> values) {
    std::vector<check::round> rounds;
    for (int64_t x : values)
      rounds.push_back({at(n++), true, 0.1, {{slot, number::of(x)}}});
    return shown(host.replay(rounds).alerts);
  };
  BOOST_TEST(after({90, 90, 10, 90, 91}) == "busy Abnormal 0;busy  2;calm Abnormal 2;"
                                            "busy Abnormal 3;calm  3;");
  // The latest of what went on and off for long.
  BOOST_TEST(after({10, 90, 10, 90, 10, 90, 10}) ==
             "busy Abnormal 8;calm  8;busy  9;calm Abnormal 9;"
             "busy Abnormal 10;calm  10;busy  11;calm Abnormal 11;");
}

BOOST_AUTO_TEST_CASE(an_outage_of_three_days_is_split_into_rows_of_a_day) {
  use({make_rule("busy", "$0>80", {"a"})});
  int64_t rounds = 3 * longest_interval_ms / period;
  for (int64_t n = 0; n < rounds; ++n)
    failed(n);
  auto got = store.rows("busy");
  BOOST_TEST(got == merged({{at(0), at(rounds - 1), no_data}}, period));
  BOOST_TEST(got.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_hundred_items_with_an_hour_of_look_back_fit_in_a_megabyte) {
  std::vector<check_rule> rules;
  for (int i = 0; i < 100; ++i)
    rules.push_back(make_rule("r" + std::to_string(i),
                              "max(1h)-min(1h)>avg(1h)",
                              {"node_metric_number_" + std::to_string(i)}));
  use(rules);
  for (int n = 0; n < 300; ++n) {
    std::vector<sample> samples;
    for (int i = 0; i < 100; ++i)
      samples.push_back({*host.slot_of("node_metric_number_" + std::to_string(i), {}),
                         number::of(0.1 * ((n * 37 + i) % 101))});
    host.on_samples(at(n), samples, 0.1);
  }
  BOOST_TEST_MESSAGE("bytes per host: " << host.memory_bytes());
  BOOST_TEST(host.memory_bytes() < 1'000'000u);
}

BOOST_AUTO_TEST_CASE(a_rule_more_over_the_same_series_takes_little) {
  const char* conditions[] = {"$0>1000", "avg(5m)>1000", "max(10m)-min(10m)>1000", "min(1h)>1000"};
  auto after = [&](size_t per_series) {
    std::vector<check_rule> rules;
    for (size_t i = 0; i < 40; ++i)
      for (size_t k = 0; k < per_series; ++k)
        rules.push_back(
          make_rule(fmt::format("r{}_{}", i, k), conditions[k % 4], {fmt::format("s{}", i)}));
    host_checker one(period, "h", nullptr);
    one.set_rules(make_rules(std::move(rules)), {}, 0);
    for (int n = 0; n < 40; ++n) {
      std::vector<sample> samples;
      for (int i = 0; i < 40; ++i)
        samples.push_back({*one.slot_of(fmt::format("s{}", i), {}), number::of(0.1 * (n + i))});
      one.on_samples(at(n), samples, 0.1);
    }
    return one.memory_bytes();
  };
  auto four = after(4), eight = after(8);
  BOOST_TEST_MESSAGE("bytes: " << four << ", " << eight);
  BOOST_TEST(eight - four < 40 * 4 * 220u); // Nothing of what they know is kept twice.
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace live_test
