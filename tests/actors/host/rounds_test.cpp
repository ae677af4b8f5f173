#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "messages/roles/rounds.hpp"
#include "tests/actors/host/host_fixture.hpp"

#include <random>

namespace aops::actors::rounds_test {

namespace {

/// Busy at 90 in the given rounds, else at 10.
auto busy_in(std::set<int64_t> rounds) {
  return [rounds = std::move(rounds)](int64_t k) {
    return std::string{rounds.contains(k) ? "busy 90\n" : "busy 10\n"};
  };
}

auto dead_in(std::set<int64_t> rounds) {
  return [rounds = std::move(rounds)](int64_t k) {
    return std::string{rounds.contains(k) ? "" : "busy 10\n"};
  };
}

/// A store that only looks at what it is to commit.
round_store_actor::behavior_type recording_store(round_store_actor::pointer self,
                                                 std::vector<round_to_commit>* commits) {
  prepare(self, "recording store");
  return {[commits](const rounds_to_commit& x) {
            commits->insert(commits->end(), x.rounds.begin(), x.rounds.end());
            return done{};
          },
          [](const results_to_replace&) { return done{}; },
          [](const host_state_query&) { return host_state{}; },
          [](const samples_query&) { return sample_rows{}; },
          [](const host_results_query&) { return host_results{}; },
          [](atom::ping) {}};
}

const check_rule hot = tests::rule_on("hot", "busy", "$0>80");

} // namespace

BOOST_FIXTURE_TEST_SUITE(rounds, tests::host_fixture)

BOOST_AUTO_TEST_CASE(a_round_commits_its_samples_with_the_cursor) {
  set_rules({hot});
  begin();
  BOOST_TEST(state().until_ms == 0);
  to_round(0);
  auto first = state();
  BOOST_TEST(first.since_ms == origin_ms);
  BOOST_TEST(first.until_ms == origin_ms);
  BOOST_REQUIRE(first.samples.size() == 1u);
  BOOST_TEST(first.samples[0].time_ms == origin_ms);
  to_round(3);
  BOOST_TEST(state().until_ms == time_of(3));
  BOOST_TEST(state().samples.size() == 4u);
  BOOST_TEST(asked == 4);
  BOOST_TEST(found() == "");
  BOOST_TEST(deviations() == "");
}

BOOST_AUTO_TEST_CASE(a_row_without_data_says_why_the_host_did_not_answer) {
  page = dead_in({2, 3});
  set_rules({hot});
  begin();
  to_round(4);
  BOOST_TEST(found() == "hot 30-45 No data");
  auto rows = state().last_rows;
  BOOST_REQUIRE(rows.size() == 1u);
  BOOST_TEST(rows[0].row.reason == "exporter refused the connection");
}

BOOST_AUTO_TEST_CASE(commits_carry_changes_of_alerts_and_of_why_a_host_does_not_answer) {
  std::vector<round_to_commit> commits;
  take_away(round_store_name);
  start_as(round_store_name, recording_store, &commits);
  page = [](int64_t k) {
    return k == 3 || k == 4 ? "" : std::string{k == 1 ? "busy 90\n" : "busy 1\n"};
  };
  set_rules({hot});
  begin();
  to_round(5);
  std::string errors, alerts;
  for (const auto& x : commits) {
    auto round = std::to_string((x.until_ms - origin_ms) / period_ms);
    if (x.scrape_error)
      errors += round + "[" + *x.scrape_error + "] ";
    for (const auto& a : x.alerts)
      alerts += round + " " + a.check_item + "=" + a.value + (a.reason.empty() ? "" : ": ") +
                a.reason + "; ";
  }
  BOOST_TEST(errors == "0[] 3[exporter refused the connection] 5[] ");
  BOOST_TEST(alerts == "1 hot=Abnormal; 2 hot=; "
                       "3 hot=No data: exporter refused the connection; 5 hot=; ");
}

BOOST_AUTO_TEST_CASE(three_missed_rounds_make_a_host_offline_and_one_answer_online) {
  page = dead_in({2, 3, 4, 5});
  BOOST_TEST(status() == "unknown");
  begin();
  to_round(0);
  BOOST_TEST(status() == "online");
  to_round(3);
  BOOST_TEST(status() == "online");
  to_round(4);
  BOOST_TEST(status() == "offline");
  BOOST_TEST(known().status_since_ms == time_of(4));
  to_round(6);
  BOOST_TEST(status() == "online");
  BOOST_TEST(known().status_since_ms == time_of(6));
}

BOOST_AUTO_TEST_CASE(hosts_that_are_asked_in_the_same_second_share_a_lane) {
  page = busy_in({0});
  begin();
  to_round(1);
  auto offset = check::grid_offset_ms(record.host_id, period_ms);
  BOOST_TEST(last_lane == static_cast<size_t>(offset / 1000));
}

BOOST_AUTO_TEST_CASE(another_exporter_is_looked_at_at_once_and_nothing_is_known_of_it_before) {
  page = busy_in({0, 1, 2, 3, 4});
  set_rules({hot});
  begin();
  to_round(2);
  auto moved = known();
  moved.host_name = "moved";
  moved.public_ip = "10.9.9.9";
  moved.exporter_port = 9200;
  auto before = asked;
  auto good = std::exchange(page, [](int64_t) { return std::string{}; });
  tell(host, moved);
  BOOST_TEST(asked == before + 1);
  BOOST_TEST(last_url.find("//10.9.9.9:9200/") != std::string::npos, last_url);
  BOOST_TEST(status() == "unknown");
  BOOST_TEST(state().until_ms == time_of(2));
  page = good;
  BOOST_TEST(info().scrape_error == "exporter refused the connection");
  tell(host, moved); // The same: nothing to look at.
  BOOST_TEST(asked == before + 1);
  moved.exporter_port = 9201;
  tell(host, moved);
  BOOST_TEST(status() == "online");
  // Series, windows and what was found go on.
  to_round(4);
  BOOST_TEST(found() == "hot 0-60 Abnormal");
  BOOST_TEST(state().series.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_rename_or_an_old_record_leaves_status_and_exporter_alone) {
  begin();
  to_round(1);
  auto renamed = known();
  renamed.host_name = "renamed";
  renamed.status = "unknown"; // Read by somebody before the host was reached.
  auto before = asked;
  tell(host, renamed);
  BOOST_TEST(asked == before);
  to_round(3);
  BOOST_TEST(status() == "online");
  BOOST_TEST(known().status_since_ms == time_of(0));
}

BOOST_AUTO_TEST_CASE(an_anomaly_opens_extends_and_closes) {
  page = busy_in({2, 3, 4, 8});
  set_rules({hot});
  begin();
  to_round(1);
  BOOST_TEST(found() == "");
  to_round(2);
  BOOST_TEST(found() == "hot 30-30 Abnormal");
  to_round(3);
  BOOST_TEST(found() == "hot 30-45 Abnormal");
  to_round(6);
  BOOST_TEST(found() == "hot 30-60 Abnormal");
  to_round(10);
  BOOST_TEST(found() == "hot 30-60 Abnormal; hot 120-120 Abnormal");
}

BOOST_AUTO_TEST_CASE(rounds_without_answer_are_one_no_data_interval_that_data_closes) {
  page = dead_in({1, 2, 3});
  set_rules({hot, tests::rule_on("down", "up", "$0==0")});
  begin();
  to_round(2);
  BOOST_TEST(found() == "down 15-30 Abnormal; hot 15-30 No data");
  to_round(6);
  BOOST_TEST(found() == "down 15-45 Abnormal; hot 15-45 No data");
}

BOOST_AUTO_TEST_CASE(a_damaged_page_is_a_round_without_answer) {
  page = [](int64_t k) { return std::string{k == 1 ? "busy ten\n" : "busy 10\n"}; };
  set_rules({hot});
  begin();
  to_round(3);
  BOOST_TEST(found() == "hot 15-15 No data");
}

BOOST_AUTO_TEST_CASE(while_the_store_is_down_rounds_wait_and_nothing_is_lost) {
  page = busy_in({2, 3, 4, 5, 9});
  set_rules({hot});
  begin();
  to_round(2);
  take_away(round_store_name);
  to_round(6);
  give_back(round_store_name);
  BOOST_TEST(state().until_ms == time_of(2));
  pass(2s);
  BOOST_TEST(state().until_ms == time_of(6));
  BOOST_TEST(found() == "hot 30-75 Abnormal");
  to_round(7);
  take_away(store_writer_name);
  to_round(8);
  give_back(store_writer_name);
  to_round(10);
  BOOST_TEST(state().samples.size() == 11u);
  BOOST_TEST(found() == "hot 30-75 Abnormal; hot 135-135 Abnormal");
  BOOST_TEST(deviations() == "");
}

BOOST_AUTO_TEST_CASE(rounds_that_waited_are_stored_together) {
  begin();
  to_round(0);
  take_away(round_store_name);
  to_round(40);
  give_back(round_store_name);
  auto writes = [&] { return count("select sum(seq) from slot"); };
  auto before = writes();
  pass(2s);
  BOOST_TEST(state().until_ms == time_of(40));
  BOOST_TEST(state().samples.size() == 41u);
  BOOST_TEST(writes() - before == 3); // 40 rounds, 16 at most in one.
}

BOOST_AUTO_TEST_CASE(a_store_that_is_down_at_the_start_delays_the_host_only) {
  set_rules({hot});
  take_away(round_store_name);
  begin();
  to_round(1);
  BOOST_TEST(asked == 0);
  give_back(round_store_name);
  to_round(3);
  BOOST_TEST(state().until_ms == time_of(3));
}

BOOST_AUTO_TEST_CASE(the_buffer_is_bounded_and_the_ledger_tells_what_it_gave_up) {
  begin();
  to_round(0);
  take_away(round_store_name);
  to_round(245);
  give_back(round_store_name);
  pass(2s);
  to_round(247);
  BOOST_TEST(state().until_ms == time_of(247));
  BOOST_TEST(state().samples.size() == 243u);
  BOOST_TEST(deviations() == " 15-75 missed(store_unreachable)");
}

BOOST_AUTO_TEST_CASE(a_series_first_seen_in_a_round_that_was_given_up_keeps_its_number) {
  keep_list->insert("late");
  page = [](int64_t k) { return std::string{k >= 2 ? "late 7\n" : "busy 10\n"}; };
  begin();
  to_round(0);
  take_away(round_store_name);
  to_round(250);
  give_back(round_store_name);
  to_round(252);
  bool is_stored = false;
  for (const auto& x : state().series)
    is_stored = is_stored || x.key.name == "late";
  BOOST_TEST(is_stored);
}

BOOST_AUTO_TEST_CASE(series_that_are_gone_give_their_numbers_to_others_when_no_sample_is_left) {
  keep_list->insert("seen");
  auto name = std::make_shared<std::string>("a");
  page = [name](int64_t) { return "seen{id=\"" + *name + "\"} 1\n"; };
  auto slot_of = [this](const std::string& id) -> int64_t {
    for (const auto& x : state().series)
      if (x.key.name == "seen" && x.key.label == label_set{{"id", id}})
        return x.slot;
    return -1;
  };
  begin();
  to_round(2);
  auto first = slot_of("a");
  BOOST_TEST(first > 0);
  end(host);
  pass(std::chrono::hours{7 * 24 + 23}); // Kept for a week.
  begin();
  *name = "b";
  pass(20s);
  BOOST_TEST(slot_of("a") == first);
  end(host);
  pass(std::chrono::hours{8 * 24 + 2});
  begin();
  *name = "c";
  pass(20s);
  BOOST_TEST(slot_of("a") == -1);
  BOOST_TEST(slot_of("b") == -1);
  BOOST_TEST(slot_of("c") > first);
  *name = "d";
  pass(15s);
  *name = "e";
  pass(15s);
  BOOST_TEST(std::min(slot_of("d"), slot_of("e")) == first); // Where "a" was.
  auto now_stored = state();
  BOOST_TEST(now_stored.until_ms >= clock.now_ms() - period_ms);
  BOOST_TEST(now_stored.samples.size() == 3u); // Of "a" and "b" nothing is left.
  restart();
  pass(20s);
  BOOST_TEST(state().until_ms > now_stored.until_ms);
}

BOOST_AUTO_TEST_CASE(a_host_whose_slot_went_elsewhere_ends) {
  begin();
  to_round(1);
  tests::ok(db().execute("update slot set epoch = 2"));
  to_round(2);
  BOOST_TEST(!is_alive(host));
  BOOST_TEST(state().until_ms == time_of(1));
  BOOST_TEST(log.count("host-given-up") == 1u);
}

BOOST_AUTO_TEST_CASE(a_deleted_host_ends) {
  begin();
  to_round(1);
  auto hosts = of<host_store_actor>(host_store_name);
  BOOST_TEST(tests::ok(ask<hosts_deleted>(hosts, admin, hosts_to_delete{{record.host_id}})).code ==
             200);
  to_round(2);
  BOOST_TEST(!is_alive(host));
}

BOOST_AUTO_TEST_CASE(downtime_is_a_hole_in_the_ledger_and_no_row_bridges_it) {
  page = busy_in({1, 2, 3, 4, 5, 6, 7, 8});
  set_rules({hot});
  begin();
  to_round(3);
  end(host);
  to_round(6);
  pass(5s); // Too late for that round.
  begin();
  to_round(9);
  BOOST_TEST(deviations() == " 60-90 missed(not_sampled)");
  BOOST_TEST(found() == "hot 15-45 Abnormal; hot 105-120 Abnormal");
}

BOOST_AUTO_TEST_SUITE_END()

// -- restarts

namespace {

/// Random pages, the same for the same seed; now and then the exporter is dead or a series is
/// missing.
std::string random_page(unsigned seed, int64_t round) {
  std::mt19937 random{static_cast<unsigned>(seed * 7919 + round)};
  auto below = [&](unsigned n) { return random() % n; };
  if (below(7) == 0)
    return {};
  auto text = fmt::format("total {}\n", round * 10 + below(5));
  if (below(6) != 0)
    text += fmt::format("busy {}\n", 70 + below(25));
  if (below(3) != 0)
    text += fmt::format("rare{{id=\"{}\"}} {}.5\n", below(3), below(10));
  return text;
}

const std::vector<check_rule> many_rules = {
  hot,
  tests::rule_on("down", "up", "$0==0"),
  tests::rule_on("long", "busy", "avg(1m)>82"),
  tests::rule_on("longest", "busy", "max(3m)-min(3m)>20"),
  tests::rule_on("points", "busy", "max(#3)>90"),
  tests::rule_on("slow", "total", "rate(2m)<0.66"),
};

/// What is stored after 60 rounds.
/// @param restarts How many, at random moments.
/// @param outage Rounds that each outage of the store takes; 0: none.
std::string life(unsigned seed, int restarts, int64_t outage = 0) {
  tests::host_fixture f;
  f.keep_list->insert("rare");
  f.page = [seed](int64_t k) { return random_page(seed, k); };
  f.set_rules(many_rules);
  f.begin();
  std::mt19937 random{seed};
  std::set<int64_t> when;
  for (int i = 0; i < restarts; ++i)
    when.insert(static_cast<int64_t>(random() % 58));
  for (int64_t k = 0; k < 60; ++k) {
    f.to_round(k);
    if (when.contains(k))
      f.restart();
    if (outage > 0 && k % (2 * outage) == 0)
      f.take_away(round_store_name);
    else if (outage > 0 && k % (2 * outage) == outage)
      f.give_back(round_store_name);
  }
  if (outage > 0) {
    f.give_back(round_store_name);
    f.pass(3s);
  }
  auto text = f.dump(f.record);
  f.end_all();
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(restarts)

BOOST_AUTO_TEST_CASE(a_restarted_host_stores_what_an_uninterrupted_one_does) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    auto uninterrupted = life(seed, 0);
    BOOST_TEST(uninterrupted.find("Abnormal") != std::string::npos);
    BOOST_TEST(uninterrupted.find("No data") != std::string::npos);
    BOOST_TEST(life(seed, 1) == uninterrupted, "one restart, seed " << seed);
    BOOST_TEST_CONTEXT("many restarts, seed " << seed) {
      BOOST_TEST(life(seed, 30) == uninterrupted);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_host_stores_the_same_when_the_store_was_away_for_a_while) {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    auto undisturbed = life(seed, 0);
    BOOST_TEST(life(seed, 0, 1) == undisturbed, "short outages, seed " << seed);
    BOOST_TEST(life(seed, 0, 4) == undisturbed, "longer outages, seed " << seed);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::rounds_test
