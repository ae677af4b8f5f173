#include "messages/names.hpp"
#include "tests/actors/host/host_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors::history_test {

namespace {

const check_rule hot = tests::rule_on("hot", "busy", "$0>80");

struct history_fixture : tests::host_fixture {
  history_fixture() {
    page = [](int64_t k) {
      return std::string{(k >= 2 && k <= 4) || (k >= 9 && k <= 12) ? "busy 90\n" : "busy 10\n"};
    };
  }
  ~history_fixture() { end_all(); }

  expected<rule_tested> test(const check_rule& rule, int64_t from_round, int64_t until_round) {
    return ask<rule_tested>(
      host,
      admin,
      rule_to_test{rule, record.host_id, {{time_of(from_round)}, {time_of(until_round)}}});
  }

  expected<unit_checked>
  check(std::vector<std::string> items, int64_t from_round, int64_t until_round) {
    return ask<unit_checked>(host,
                             unit_to_check{"j",
                                           record.owner,
                                           record.host_id,
                                           7,
                                           std::move(items),
                                           time_of(from_round),
                                           time_of(until_round)});
  }

  /// Writes rows into the store behind the host's back.
  void falsify(const std::string& item, std::vector<result_interval> rows) {
    auto rules = tests::ok(
      ask<owner_rules>(of<rule_store_actor>(rule_store_name), get_owner_rules{record.owner}));
    results_to_replace order{slots->fence_of(record.host_id), record.owner, record.host_id, {}};
    for (size_t i = 0; i < rules.rules.size(); ++i)
      if (rules.rules[i].check_item == item)
        order.changes.push_back({item, rules.digests[i], 0, time_of(10'000), std::move(rows)});
    tests::ok(ask<done>(of<round_store_actor>(round_store_name), std::move(order)));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(history, history_fixture)

// -- rules that come later

BOOST_AUTO_TEST_CASE(a_new_rule_judges_the_next_round) {
  begin();
  to_round(8);
  set_rules({hot});
  to_round(9);
  BOOST_TEST(found() == "hot 135-135 Abnormal");
}

BOOST_AUTO_TEST_CASE(a_new_rule_on_kept_series_is_filled_back) {
  keep_list->insert("busy");
  begin();
  to_round(7);
  set_rules({hot});
  BOOST_TEST(found() == "hot 30-60 Abnormal");
  to_round(10);
  BOOST_TEST(found() == "hot 30-60 Abnormal; hot 135-150 Abnormal");
  BOOST_TEST(deviations() == "");
}

BOOST_AUTO_TEST_CASE(what_is_filled_back_joins_what_comes_next) {
  keep_list->insert("busy");
  begin();
  to_round(10);
  set_rules({hot});
  BOOST_TEST(found() == "hot 30-60 Abnormal; hot 135-150 Abnormal");
  to_round(14);
  BOOST_TEST(found() == "hot 30-60 Abnormal; hot 135-180 Abnormal");
}

BOOST_AUTO_TEST_CASE(back_filling_gives_what_an_early_rule_would_have_found) {
  auto rule = tests::rule_on("long", "busy", "avg(1m)>40");
  auto life = [&](int64_t import_at) {
    history_fixture f;
    f.keep_list->insert("busy");
    if (import_at < 0)
      f.set_rules({rule});
    f.begin();
    for (int64_t k = 0; k < 16; ++k) {
      f.to_round(k);
      if (k == import_at)
        f.set_rules({rule});
    }
    auto text = f.found();
    f.end_all();
    return text;
  };
  auto early = life(-1);
  BOOST_TEST(early != "");
  for (int64_t k = 0; k < 16; ++k)
    BOOST_TEST(life(k) == early, "imported after round " << k);
}

BOOST_AUTO_TEST_CASE(a_rule_on_a_series_that_nobody_kept_begins_with_a_ledger_entry) {
  begin();
  to_round(7);
  set_rules({hot});
  to_round(9);
  BOOST_TEST(found() == "hot 135-135 Abnormal");
  BOOST_TEST(deviations() == "hot 0-105 missed(not_collected)");
}

BOOST_AUTO_TEST_CASE(back_filling_waits_until_few_others_read_their_history) {
  keep_list->insert("busy");
  begin();
  to_round(7);
  fill_gate();
  set_rules({hot});
  pass(2s);
  BOOST_TEST(found() == "");
  leave_gate(1);
  pass(1s);
  BOOST_TEST(found() == "hot 30-60 Abnormal");
}

BOOST_AUTO_TEST_CASE(a_host_that_ends_while_it_reads_its_history_leaves_its_place) {
  keep_list->insert("busy");
  begin();
  to_round(7);
  auto real = of<round_store_actor>(round_store_name);
  auto asked = std::make_shared<int>(0);
  start_as(round_store_name, [real, asked](caf::event_based_actor* self) -> caf::behavior {
    return {[self, real](const rounds_to_commit& x) { return self->delegate(real, x); },
            [self, real, asked](const samples_query& x) -> caf::result<sample_rows> {
              if ((*asked)++ > 0)
                return caf::delegated<sample_rows>{}; // Never answers.
              return self->delegate(real, x);         // The windows of now.
            }};
  });
  set_rules({hot});
  BOOST_TEST(services->history->inside() == 1u);
  end(host);
  BOOST_TEST(services->history->inside() == 0u);
}

BOOST_AUTO_TEST_CASE(a_rule_imported_right_before_a_restart_still_knows_what_it_has_not_judged) {
  keep_list->insert("busy");
  begin();
  to_round(7);
  fill_gate(); // The back-fill has to wait.
  set_rules({hot});
  restart();
  to_round(8);
  BOOST_TEST(deviations() == "hot 0-105 late_rule");
  leave_gate();
  to_round(9);
  BOOST_TEST(found() == "hot 30-60 Abnormal; hot 135-135 Abnormal");
  to_round(10);
  BOOST_TEST(deviations() == "");
}

BOOST_AUTO_TEST_CASE(a_back_fill_that_the_store_interrupts_goes_on) {
  keep_list->insert("busy");
  begin();
  to_round(7);
  take_away(round_store_name);
  set_rules({hot});
  pass(1s);
  give_back(round_store_name);
  BOOST_TEST(found() == "");
  to_round(9);
  BOOST_TEST(found() == "hot 30-60 Abnormal; hot 135-135 Abnormal");
  to_round(10);
  BOOST_TEST(deviations() == "");
  BOOST_TEST(services->history->inside() == 0u);
}

BOOST_AUTO_TEST_CASE(a_changed_rule_does_not_touch_what_its_older_version_found) {
  set_rules({hot});
  begin();
  to_round(9);
  set_rules({tests::rule_on("hot", "busy", "$0>85")});
  to_round(14);
  BOOST_TEST(found() == "hot 30-60 Abnormal; hot 135-135 Abnormal; hot 150-180 Abnormal");
}

BOOST_AUTO_TEST_CASE(a_deleted_rule_finds_nothing_more) {
  set_rules({hot});
  begin();
  to_round(9);
  set_rules({});
  to_round(14);
  BOOST_TEST(found() == "hot 30-60 Abnormal; hot 135-135 Abnormal");
}

BOOST_AUTO_TEST_CASE(a_host_that_changes_its_group_gets_the_rules_of_the_other) {
  auto rule = hot;
  rule.host_group_list = std::vector<std::string>{"web"};
  set_rules({rule});
  begin();
  to_round(8);
  BOOST_TEST(found() == "");
  auto moved = known();
  moved.host_group_name = "web";
  tell(host, moved);
  to_round(10);
  BOOST_TEST(found() == "hot 135-150 Abnormal");
}

// -- explicit checks

BOOST_AUTO_TEST_CASE(an_explicit_check_puts_right_what_is_stored_of_its_range) {
  set_rules({hot});
  begin();
  to_round(7);
  falsify("hot", {{time_of(0), time_of(1), "Abnormal"}, {time_of(5), time_of(6), "No data"}});
  auto reply = tests::ok(check({"hot"}, 0, 7));
  BOOST_TEST(reply.unit == 7);
  BOOST_TEST(reply.results == 1);
  BOOST_TEST(found() == "hot 30-60 Abnormal");
  tests::ok(check({}, 0, 7));
  BOOST_TEST(found() == "hot 30-60 Abnormal");
}

BOOST_AUTO_TEST_CASE(an_explicit_check_leaves_alone_what_lies_outside_of_its_range) {
  set_rules({hot});
  begin();
  to_round(7);
  tests::ok(check({"hot"}, 3, 4));
  BOOST_TEST(found() == "hot 30-60 Abnormal");
  falsify("hot", {{time_of(0), time_of(6), "Abnormal"}});
  tests::ok(check({"hot"}, 5, 6));
  BOOST_TEST(found() == "hot 0-60 Abnormal; hot 90-90 Abnormal");
}

BOOST_AUTO_TEST_CASE(live_judging_goes_on_from_the_rows_of_an_explicit_check) {
  set_rules({hot});
  begin();
  to_round(10);
  falsify("hot", {});
  tests::ok(check({"hot"}, 0, 11));
  to_round(14);
  BOOST_TEST(found() == "hot 30-60 Abnormal; hot 135-180 Abnormal");
}

BOOST_AUTO_TEST_CASE(a_check_that_reaches_into_the_future_ends_at_the_cursor) {
  set_rules({hot});
  begin();
  to_round(4);
  BOOST_TEST(tests::ok(check({"hot"}, 0, 100)).results == 1);
  BOOST_TEST(found() == "hot 30-60 Abnormal");
  BOOST_TEST(tests::ok(check({"hot"}, 50, 100)).results == 1);
  BOOST_TEST(tests::ok(check({"no such rule"}, 0, 4)).results == 1);
}

BOOST_AUTO_TEST_CASE(a_check_fails_when_the_store_is_down_and_rounds_go_on_afterwards) {
  set_rules({hot});
  begin();
  to_round(4);
  take_away(round_store_name);
  BOOST_TEST(tests::failure_of(check({"hot"}, 0, 4)) == ec::store_unreachable);
  give_back(round_store_name);
  take_away(store_writer_name);
  BOOST_TEST(tests::failure_of(check({"hot"}, 0, 4)) == ec::store_unreachable);
  give_back(store_writer_name);
  to_round(7);
  BOOST_TEST(state().until_ms == time_of(7));
}

// -- trying a rule

BOOST_AUTO_TEST_CASE(a_tried_rule_shows_what_it_would_find_and_stores_nothing) {
  keep_list->insert("busy");
  begin();
  to_round(10);
  auto before = dump(record);
  auto tried = tests::ok(test(hot, 0, 10));
  BOOST_TEST(tried.points == 10);
  BOOST_REQUIRE(tried.check_result.size() == 2u);
  BOOST_TEST(tried.check_result[0].value == "Abnormal");
  BOOST_TEST(tried.check_result[0].start.ms == time_of(2));
  BOOST_TEST(tried.check_result[0].end.ms == time_of(4));
  BOOST_TEST(tried.check_result[0].condition == "$0>80");
  BOOST_TEST(tried.check_result[1].start.ms == time_of(9));
  BOOST_TEST(dump(record) == before);
}

BOOST_AUTO_TEST_CASE(a_tried_rule_is_refused_with_the_reason) {
  begin();
  to_round(2);
  auto broken = tests::rule_on("x", "busy", "$0>");
  auto refused = test(broken, 0, 2);
  BOOST_TEST(tests::failure_of(refused) == ec::bad_request);
  BOOST_TEST(refused.error().detail.find("rule.condition: line 1") == 0u, refused.error().detail);
  BOOST_TEST(tests::failure_of(test(hot, 50, 60)) == ec::bad_request);
}

// -- series

BOOST_AUTO_TEST_CASE(the_series_of_a_host_are_those_of_its_page_and_its_own) {
  page = [](int64_t k) { return std::string{k < 3 ? "b{x=\"1\"} 2\na 1.5\n" : ""}; };
  set_rules({tests::rule_on("x", "a", "$0>80")});
  begin();
  to_round(1);
  auto names = [&](const series_query& q) {
    std::string text;
    for (const auto& x : tests::ok(ask<series_page>(host, admin, q)).series)
      text += x.name + ' ';
    return text;
  };
  series_query q;
  q.host_id = record.host_id;
  BOOST_TEST(names(q) == "a b scrape_duration_seconds up ");
  q.page = 2;
  q.per_page = 3;
  q.direction = "desc";
  q.sort = "name";
  BOOST_TEST(names(q) == "a ");
  to_round(4);
  BOOST_TEST(names({record.host_id, {}, {}, {}, {}}) == "a scrape_duration_seconds up ");
  q.page = std::numeric_limits<int64_t>::max();
  auto past = tests::ok(ask<series_page>(host, admin, q));
  BOOST_TEST(past.series.empty());
  BOOST_TEST(past.total_page == 1);
}

BOOST_AUTO_TEST_CASE(to_users_of_another_owner_a_host_does_not_exist) {
  begin();
  to_round(1);
  series_query q;
  q.host_id = record.host_id;
  rule_to_test x{
    tests::rule_on("x", "busy", "$0>80"), record.host_id, {{time_of(0)}, {time_of(1)}}};
  auto stranger = admin;
  for (const std::string owner : {"", "other"}) {
    stranger.owner = owner;
    BOOST_TEST(tests::failure_of(ask<series_page>(host, stranger, q)) == ec::bad_request);
    BOOST_TEST(tests::failure_of(ask<rule_tested>(host, stranger, x)) == ec::bad_request);
  }
  BOOST_TEST(ask<series_page>(host, admin, q).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::history_test
