#include "actors/host/hosts_region.hpp"
#include "messages/names.hpp"
#include "runtime/core/check/rule_limits.hpp"
#include "tests/actors/host/host_fixture.hpp"

#include <caf/all.hpp>

#include "tools/bench/random_rules.hpp"
#include <random>

// One owner's rules decide how much a host reads and judges: what bounds that.

namespace aops::actors::overload_test {

namespace {

const check_rule hot = tests::rule_on("hot", "busy", "$0>80");
const check_rule far_back = tests::rule_on("far", "busy", "max(167h)>80");

struct overload_fixture : tests::host_fixture {
  struct {
    int reads = 0, empty = 0;
    std::vector<samples_query> queries;
  } seen;
  int answers_left = 1'000'000; ///< Reads of samples; then the store is silent.

  ~overload_fixture() { end_all(); }

  /// From now on what hosts read is counted.
  void watch_reads() {
    auto real = of<round_store_actor>(round_store_name);
    start_as(round_store_name, [this, real](caf::event_based_actor* self) -> caf::behavior {
      return {[self, real](const host_state_query& x) { return self->delegate(real, x); },
              [self, real](const rounds_to_commit& x) { return self->delegate(real, x); },
              [self, real](const results_to_replace& x) { return self->delegate(real, x); },
              [self, real](const host_results_query& x) { return self->delegate(real, x); },
              [this, self, real](const samples_query& x) -> caf::result<sample_rows> {
                ++seen.reads;
                seen.queries.push_back(x);
                if (answers_left-- <= 0)
                  return to_caf({ec::timed_out, "the store is busy"});
                return self->delegate(real, x);
              }};
    });
  }

  expected<rules_imported> import(const check_rule& rule) {
    return ask<rules_imported>(
      of<rule_store_actor>(rule_store_name), admin, rules_to_import{{rule}});
  }

  std::string page_at(int64_t round) {
    return "busy " + std::to_string(10 + (round * 37 + round / 900 * 13) % 80) + "\n";
  }

  std::string problems() {
    std::string out;
    for (const auto& x : services->health->problems())
      out += x + "\n";
    return out;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(overload, overload_fixture)

// -- what may be asked for

BOOST_AUTO_TEST_CASE(rules_that_look_back_too_far_are_refused_with_the_limit) {
  auto refused = tests::ok(import(tests::rule_on("deep", "busy", "max(87600h) > 1")));
  BOOST_TEST(refused.fail_list == std::vector<std::string>{"deep"});
  BOOST_TEST(refused.fail_reasons.at("deep") ==
             "condition: looks back 87600h, the limit is 168h (samples.keep, at least 24h)");
  BOOST_TEST(tests::ok(import(far_back)).fail_list.empty());
  begin();
  to_round(1);
  auto tried = ask<rule_tested>(host,
                                admin,
                                rule_to_test{tests::rule_on("deep", "busy", "max(#1000000000) > 1"),
                                             record.host_id,
                                             {{time_of(0)}, {time_of(1)}}});
  BOOST_REQUIRE(!tried);
  BOOST_TEST((tried.error() == ec::bad_request));
  BOOST_TEST(tried.error().detail.starts_with("rule.condition: looks back #1000000000"));
}

BOOST_AUTO_TEST_CASE(a_host_works_for_jobs_of_its_owner_only) {
  begin();
  to_round(1);
  unit_to_check check{"j", "eve", record.host_id, 0, {}, time_of(0), time_of(1)};
  BOOST_TEST((ask<unit_checked>(host, check).error() == ec::not_found));
  unit_to_diagnose diagnosis{"j", "eve", record.host_id, 0, {}, {time_of(0), time_of(1)}, 0};
  BOOST_TEST((ask<unit_diagnosed>(host, diagnosis).error() == ec::not_found));
}

// -- what is read

BOOST_AUTO_TEST_CASE(a_long_window_costs_no_more_queries_than_there_are_hours_with_samples) {
  keep_list->insert("busy");
  begin();
  to_round(3);
  watch_reads();
  set_rules({hot, far_back});
  to_round(5);
  // Three hours at most for windows of now, one for the far ones, and one for each back-fill.
  BOOST_TEST(seen.reads <= 4);
  for (const auto& x : seen.queries)
    BOOST_TEST(x.from_ms >= time_of(0)); // There is nothing before the first round.
  seen.reads = 0;
  restart();
  to_round(6);
  BOOST_TEST(seen.reads <= 2);
  BOOST_TEST(deviations() == "");
}

BOOST_AUTO_TEST_CASE(a_gap_of_days_costs_one_query) {
  keep_list->insert("busy");
  begin();
  to_round(3);
  end(host);
  pass(std::chrono::hours{90});
  auto before = (now->now_ms() - origin_ms) / period_ms;
  begin();
  to_round(before + 3);
  watch_reads();
  set_rules({far_back});
  to_round(before + 5);
  BOOST_TEST(seen.reads <= 4);
  set_rules({});
  seen.reads = 0;
  auto tried = tests::ok(ask<rule_tested>(
    host, admin, rule_to_test{far_back, record.host_id, {{time_of(0)}, {time_of(before + 5)}}}));
  BOOST_TEST(tried.points == 9);
  BOOST_TEST(seen.reads <= 3);
}

BOOST_AUTO_TEST_CASE(a_test_of_a_range_from_the_beginning_of_time_reads_what_is_there) {
  begin();
  to_round(3);
  watch_reads();
  auto tried = tests::ok(
    ask<rule_tested>(host, admin, rule_to_test{hot, record.host_id, {{1000}, {time_of(4)}}}));
  BOOST_TEST(tried.points == 4);
  BOOST_TEST(seen.reads == 1);
}

BOOST_AUTO_TEST_CASE(only_few_rules_are_tried_on_a_host_at_once) {
  begin();
  to_round(3);
  start_as(round_store_name, [](caf::event_based_actor*) -> caf::behavior {
    return {[](const samples_query&) { return caf::delegated<sample_rows>{}; }}; // Never answers.
  });
  rule_to_test test{hot, record.host_id, {{time_of(0)}, {time_of(3)}}};
  auto first = ask_later<rule_tested>(host, admin, test);
  auto second = ask_later<rule_tested>(host, admin, test);
  BOOST_TEST((ask<rule_tested>(host, admin, test).error() == ec::overloaded));
  pass(11s);
  BOOST_TEST((first.get().error() == ec::timed_out));
  BOOST_TEST((second.get().error() == ec::timed_out));
}

// -- rounds go on

BOOST_AUTO_TEST_CASE(rounds_are_judged_and_stored_while_far_windows_wait_for_their_turn) {
  keep_list->insert("busy");
  page = [](int64_t k) { return std::string{k == 1 || k == 9 ? "busy 90\n" : "busy 10\n"}; };
  begin();
  to_round(3);
  fill_gate();
  set_rules({hot, far_back});
  to_round(6);
  BOOST_TEST(state().until_ms == time_of(6));
  BOOST_TEST(deviations() == "far 0-90 late_rule; hot 0-45 late_rule");
  to_round(9);
  BOOST_TEST(found() == "hot 135-135 Abnormal"); // Live, though its past waits as well.
  restart();                                     // What is missing is not forgotten.
  to_round(12);
  BOOST_TEST(found() == "hot 135-135 Abnormal");
  leave_gate();
  pass(5s);
  to_round(14);
  BOOST_TEST(deviations() == "");
  BOOST_TEST(found() == "far 15-210 Abnormal; hot 15-15 Abnormal; hot 135-135 Abnormal");
}

BOOST_AUTO_TEST_CASE(far_windows_find_what_they_would_have_found_without_waiting) {
  auto rule = tests::rule_on("long", "busy", "avg(4h) > 47 && max(200m) > $0 + 40");
  constexpr int64_t rounds = 5 * 240 + 30;
  auto life = [&](int64_t import_at, int64_t restart_at, int64_t store_away_at) {
    overload_fixture f;
    f.page = [&f](int64_t k) { return f.page_at(k); };
    f.keep_list->insert("busy");
    if (import_at < 0)
      f.set_rules({rule});
    f.begin();
    for (int64_t k : {import_at, restart_at, store_away_at, rounds}) {
      if (k < 0)
        continue;
      f.to_round(k);
      if (k == import_at)
        f.set_rules({rule});
      if (k == restart_at)
        f.restart();
      if (k == store_away_at) {
        f.take_away(round_store_name);
        f.to_round(k + 4);
        f.give_back(round_store_name);
      }
    }
    f.pass(3s);
    f.to_round(rounds + 3);
    auto text = f.found() + " | " + f.deviations();
    f.end_all();
    return text;
  };
  auto early = life(-1, -1, -1);
  BOOST_TEST(early.size() > 200u);
  BOOST_TEST(life(rounds - 20, -1, -1) == early, "imported late");
  BOOST_TEST(life(-1, rounds - 20, -1) == early, "restarted");
  BOOST_TEST(life(rounds - 20, rounds - 20, -1) == early, "restarted after the import");
  BOOST_TEST(life(rounds - 40, -1, rounds - 40) == early, "the store goes away");
}

BOOST_AUTO_TEST_CASE(what_was_read_is_not_read_again_after_a_time_out) {
  keep_list->insert("busy");
  set_rules({hot});
  begin();
  to_round(3 * 240 + 10);
  watch_reads();
  answers_left = 2;
  unit_to_check unit{"j", "admin", record.host_id, 3, {"hot"}, time_of(0), time_of(3 * 240)};
  BOOST_TEST((ask<unit_checked>(host, unit).error() == ec::timed_out));
  answers_left = 100;
  auto tried = seen.queries.back();
  seen.queries.clear();
  BOOST_TEST(tests::ok(ask<unit_checked>(host, unit)).results == 1);
  BOOST_REQUIRE(!seen.queries.empty());
  BOOST_TEST(seen.queries.front().from_ms == tried.from_ms);
  BOOST_TEST(tried.from_ms > time_of(2 * 240 - 10));
  // The same for a back-fill.
  answers_left = 2;
  seen.queries.clear();
  set_rules({tests::rule_on("other", "busy", "$0>30")});
  pass(500ms);
  BOOST_REQUIRE(seen.queries.size() == 3u);
  tried = seen.queries.back();
  answers_left = 100;
  pass(5s);
  BOOST_TEST(seen.queries.at(3).from_ms == tried.from_ms);
  to_round(3 * 240 + 14);
  BOOST_TEST(deviations() == "");
}

// -- who hears of it

BOOST_AUTO_TEST_CASE(a_node_whose_rounds_are_not_stored_says_so_and_why) {
  begin();
  to_round(2);
  BOOST_TEST(problems() == "");
  take_away(round_store_name);
  to_round(5);
  BOOST_TEST(problems() == "");
  to_round(7);
  BOOST_TEST(problems().starts_with("rounds: 1 hosts have not stored a round since "), problems());
  BOOST_TEST(problems().find("rounds in store/rounds: ") != std::string::npos, problems());
  to_round(9);
  BOOST_TEST(log.count("rounds-stuck") == 1u);
  give_back(round_store_name);
  pass(2s);
  BOOST_TEST(problems() == "");
  BOOST_TEST(log.count("rounds-stored-again") == 1u);
}

BOOST_AUTO_TEST_CASE(a_host_that_cannot_be_started_counts_and_one_that_is_gone_does_not) {
  take_away(round_store_name);
  begin();
  pass(std::chrono::milliseconds{3 * period_ms});
  BOOST_TEST(problems() == "");
  pass(5s);
  BOOST_TEST(problems().find("the state of the host from store/rounds") != std::string::npos,
             problems());
  end(host);
  BOOST_TEST(problems() == "");
}

BOOST_AUTO_TEST_CASE(each_rule_knows_what_it_cost) {
  set_rules({hot, tests::rule_on("other", "busy", "max(5m)>80")});
  begin();
  to_round(9);
  auto costs = services->costs->of("admin");
  BOOST_REQUIRE(costs.size() == 2u);
  for (const auto& x : costs) {
    BOOST_TEST(x.evaluations == 10);
    BOOST_TEST(x.seconds > 0);
  }
  BOOST_TEST(costs[0].seconds >= costs[1].seconds);
  BOOST_TEST(services->costs->of("eve").empty());
}

// -- any legal rules

BOOST_AUTO_TEST_CASE(any_legal_rules_keep_the_work_of_rounds_and_imports_bounded) {
  constexpr int hosts = 100, rules = 100, rounds = 6;
  std::mt19937 random{20};
  std::vector<check_rule> some;
  for (int i = 0; i < rules; ++i) {
    auto rule = tests::rule_on(
      "r" + std::to_string(i), random() % 2 ? "busy" : "total", bench::random_condition(random));
    rule.data_list.push_back({"free", "kpi", {}});
    BOOST_REQUIRE_MESSAGE(check::validate(rule, check::limits_of(*settings)), rule.condition);
    some.push_back(std::move(rule));
  }
  keep_list->insert({"busy", "total", "free"});
  page = [](int64_t k) {
    return "busy " + std::to_string(k % 90) + "\ntotal " + std::to_string(k) + "\nfree 7\n";
  };
  std::vector<actors::host_actor> all;
  for (int i = 0; i < hosts; ++i) {
    auto other = add_host("n" + std::to_string(i));
    all.push_back(start_as(
      host_name_of(other.host_id), actors::host, services, other, check::rule_set::build({})));
  }
  to_round(1);
  pass(std::chrono::milliseconds{1000});
  watch_reads();
  set_rules(some);
  for (auto& x : all)
    tell(x, rules_update{rules_of_owner()});
  to_round(1 + rounds);
  // An import, for each hour that is there: the windows of now, the far ones and what came while
  // they were read, the back-fills of both.
  BOOST_TEST(seen.reads <= hosts * 6);
  BOOST_TEST(seen.reads >= hosts * 3);
  // A round: each rule once on each host, however long its windows are; and nothing is read.
  auto evaluations = [&] {
    int64_t sum = 0;
    for (const auto& x : services->costs->of("admin"))
      sum += x.evaluations;
    return sum;
  };
  to_round(10 + rounds);
  auto before = evaluations();
  seen.reads = 0;
  to_round(15 + rounds);
  BOOST_TEST(evaluations() - before <= 5 * hosts * rules);
  BOOST_TEST(evaluations() - before >= 4 * hosts * rules); // Phases differ.
  BOOST_TEST(seen.reads == 0);
  for (auto& x : all)
    end(x);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::overload_test
