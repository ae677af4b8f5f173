#include "actors/support/foreign_promise.hpp"
#include "messages/names.hpp"
#include "tests/actors/host/host_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors::takeover_test {

namespace {

const check_rule hot = tests::rule_on("hot", "busy", "$0>80");

struct takeover_fixture : tests::host_fixture {
  takeover_fixture() {
    page = [](int64_t k) {
      return std::string{(k >= 2 && k <= 4) || (k >= 9 && k <= 12) ? "busy 90\n" : "busy 10\n"};
    };
  }
  ~takeover_fixture() { end_all(); }

  host_to_release in(std::chrono::milliseconds time) { return {now->now_ms() + time.count()}; }

  unit_to_check check(int64_t from_round, int64_t until_round) {
    return {
      "j", record.owner, record.host_id, 7, {"hot"}, time_of(from_round), time_of(until_round)};
  }

  /// The host's slot is this node's under another epoch.
  void set_epoch(uint64_t epoch) {
    tests::ok(db().execute("update slot set epoch = " + std::to_string(epoch)));
    slots->set(record.slot, epoch);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(takeover, takeover_fixture)

// -- the owner before

BOOST_AUTO_TEST_CASE(a_released_host_stores_what_waits_and_samples_no_more) {
  begin();
  to_round(2);
  take_away(round_store_name);
  to_round(3);
  auto reply = ask_later<done>(host, in(8s));
  BOOST_TEST(!reply.is_there());
  give_back(round_store_name);
  pass(2s);
  BOOST_TEST(reply.is_there());
  tests::ok(reply.get());
  BOOST_TEST(!is_alive(host));
  BOOST_TEST(state().until_ms == time_of(3));
  auto before = asked;
  to_round(6);
  BOOST_TEST(asked == before);
}

BOOST_AUTO_TEST_CASE(an_idle_host_is_released_at_once) {
  begin();
  to_round(2);
  tests::ok(ask<done>(host, in(4s)));
  BOOST_TEST(!is_alive(host));
}

BOOST_AUTO_TEST_CASE(a_release_ends_at_its_deadline_and_the_ledger_tells_what_was_lost) {
  begin();
  to_round(2);
  take_away(round_store_name);
  to_round(3);
  auto reply = ask_later<done>(host, in(4s));
  pass(4s);
  BOOST_TEST(reply.is_there());
  tests::ok(reply.get());
  BOOST_TEST(!is_alive(host));
  BOOST_TEST(log.count("host-released-early") == 1u);
  give_back(round_store_name);
  begin();
  to_round(5);
  BOOST_TEST(deviations() == " 45-45 missed(not_sampled)");
}

BOOST_AUTO_TEST_CASE(a_page_under_way_is_waited_for_a_second) {
  begin();
  to_round(2);
  start_as(scraper_name, [](caf::event_based_actor*) -> caf::behavior {
    return {[](const fetch_order&) { return caf::delegated<fetched>{}; }}; // Never answers.
  });
  pass(std::chrono::milliseconds{time_of(3) + 2000 - now->now_ms()});
  auto reply = ask_later<done>(host, in(4s));
  pass(900ms);
  BOOST_TEST(!reply.is_there());
  pass(200ms);
  BOOST_TEST(reply.is_there());
  tests::ok(reply.get());
}

BOOST_AUTO_TEST_CASE(a_round_whose_time_has_come_is_taken_before_the_host_leaves) {
  begin();
  to_round(2);
  auto phase = check::request_phase_ms(record.host_id, period_ms);
  pass(std::chrono::milliseconds{time_of(3) + phase / 2 - now->now_ms()});
  auto reply = ask_later<done>(host, in(4s));
  BOOST_TEST(reply.is_there());
  tests::ok(reply.get());
  BOOST_TEST(!is_alive(host));
  BOOST_TEST(asked == 4);
  BOOST_TEST(state().until_ms == time_of(3));
}

BOOST_AUTO_TEST_CASE(a_page_under_way_is_stored_before_the_host_leaves) {
  begin();
  to_round(2);
  std::optional<foreign_promise<fetched>> held;
  start_as(scraper_name, [&held](scraper_actor::pointer self) -> scraper_actor::behavior_type {
    return {[&held, self](fetch_order&) -> caf::result<fetched> {
              foreign_promise<fetched> promise{self};
              held.emplace(promise);
              return promise;
            },
            [](atom::ping) {}};
  });
  to_round(3);
  auto released = ask_later<done>(host, in(8s));
  pass(100ms);
  BOOST_TEST(!released.is_there());
  BOOST_REQUIRE(held.has_value());
  auto page = std::make_shared<net::reply>();
  page->result = net::response{200, "text/plain", "busy 10\n"};
  held->answer(fetched{page});
  pass(100ms);
  BOOST_TEST(released.is_there());
  tests::ok(released.get());
  BOOST_TEST(state().until_ms == time_of(3));
}

BOOST_AUTO_TEST_CASE(a_round_that_is_near_is_taken_before_the_host_leaves) {
  begin();
  to_round(2);
  pass(std::chrono::milliseconds{time_of(3) - 400 - now->now_ms()});
  auto reply = ask_later<done>(host, in(5s));
  BOOST_TEST(!reply.is_there());
  pass(std::chrono::milliseconds{400 + check::request_phase_ms(record.host_id, period_ms)});
  BOOST_TEST(reply.is_there());
  tests::ok(reply.get());
  BOOST_TEST(state().until_ms == time_of(3));
  BOOST_TEST(asked == 4);
}

BOOST_AUTO_TEST_CASE(while_it_has_to_wait_for_its_store_a_host_goes_on_with_its_rounds) {
  begin();
  to_round(2);
  take_away(round_store_name);
  to_round(3);
  auto reply = ask_later<done>(host, in(40s));
  to_round(4);
  BOOST_TEST(asked == 5);
  to_round(5); // The second half is for the store.
  BOOST_TEST(asked == 5);
  give_back(round_store_name);
  pass(2s);
  BOOST_TEST(reply.is_there());
  tests::ok(reply.get());
  BOOST_TEST(state().until_ms == time_of(4));
}

BOOST_AUTO_TEST_CASE(whoever_waits_for_a_host_hears_at_once_that_it_ends) {
  set_rules({hot});
  begin();
  to_round(2);
  take_away(round_store_name);
  to_round(3);
  auto crashed = ask_later<unit_checked>(host, check(0, 4));
  BOOST_TEST(!crashed.is_there());
  end(host);
  BOOST_TEST(crashed.is_there());
  BOOST_TEST(tests::failure_of(crashed.get()) == ec::unreachable);
  give_back(round_store_name);
  begin();
  take_away(round_store_name);
  to_round(4);
  auto moved = ask_later<unit_checked>(host, check(0, 5));
  auto released = ask_later<done>(host, in(1s));
  pass(1s);
  BOOST_TEST(moved.is_there());
  BOOST_TEST(tests::failure_of(moved.get()) == ec::moved);
  BOOST_TEST(released.is_there());
  tests::ok(released.get());
  give_back(round_store_name);
}

BOOST_AUTO_TEST_CASE(a_host_writes_under_the_epoch_of_its_start_for_ever) {
  begin();
  to_round(2);
  set_epoch(2); // Lost and won again: this actor is of the past all the same.
  to_round(3);
  BOOST_TEST(!is_alive(host));
  BOOST_TEST(state().until_ms == time_of(2));
}

BOOST_AUTO_TEST_CASE(an_explicit_check_of_the_past_owner_changes_nothing) {
  set_rules({hot});
  begin();
  to_round(5);
  set_epoch(2);
  auto before = found();
  BOOST_TEST(tests::failure_of(ask<unit_checked>(host, check(0, 4))) == ec::fenced);
  BOOST_TEST(found() == before);
  BOOST_TEST(!is_alive(host));
}

// -- the owner after

BOOST_AUTO_TEST_CASE(rounds_that_fell_between_two_owners_are_in_the_ledger) {
  begin();
  to_round(2);
  end(host);
  to_round(6);
  pass(5s);
  set_epoch(2);
  begin();
  to_round(8);
  BOOST_TEST(deviations() == " 45-90 missed(not_sampled)");
  BOOST_TEST(state().until_ms == time_of(8));
}

BOOST_AUTO_TEST_CASE(the_round_of_now_is_not_too_late_for_a_new_owner) {
  begin();
  to_round(2);
  tests::ok(ask<done>(host, in(4s)));
  pass(std::chrono::milliseconds{time_of(3) + 3000 - now->now_ms()});
  set_epoch(2);
  begin();
  pass(1s);
  BOOST_TEST(state().until_ms == time_of(3));
  to_round(5);
  BOOST_TEST(deviations() == "");
  BOOST_TEST(state().samples.size() == 6u);
}

BOOST_AUTO_TEST_CASE(whenever_a_slot_moves_no_round_is_missed) {
  begin();
  to_round(0);
  constexpr int64_t moves = 16;
  for (int64_t k = 1; k <= moves; ++k) {
    pass(std::chrono::milliseconds{time_of(k) - 1000 + k * 125 - now->now_ms()});
    auto reply = ask_later<done>(host, in(5s));
    pass(3s);
    BOOST_TEST(reply.is_there());
    set_epoch(static_cast<uint64_t>(k) + 1);
    begin();
  }
  to_round(moves + 1);
  BOOST_TEST(deviations() == "");
  BOOST_TEST(state().samples.size() == static_cast<size_t>(moves) + 2);
}

BOOST_AUTO_TEST_CASE(at_the_shortest_period_a_move_may_take_more_than_a_period) {
  settings->check.sample_period.ms = 1000;
  begin();
  pass(5s);
  for (int64_t k = 1; k <= 24; ++k) {
    auto reply = ask_later<done>(host, in(5s));
    for (int i = 0; i < 100 && !reply.is_there(); ++i)
      pass(10ms);
    BOOST_TEST(reply.is_there());
    pass(1200ms);
    set_epoch(static_cast<uint64_t>(k) + 1);
    begin();
    pass(std::chrono::milliseconds{2000 + k * 90});
  }
  auto stored = state();
  BOOST_TEST(stored.deviations.empty());
  BOOST_TEST(static_cast<int64_t>(stored.samples.size()) ==
             (stored.until_ms - stored.since_ms) / 1000 + 1);
}

BOOST_AUTO_TEST_CASE(half_of_a_period_is_not_too_late_for_a_new_owner) {
  begin();
  to_round(2);
  tests::ok(ask<done>(host, in(4s)));
  pass(std::chrono::milliseconds{time_of(3) + 7000 - now->now_ms()});
  set_epoch(2);
  begin();
  pass(1s);
  BOOST_TEST(state().until_ms == time_of(3));
  to_round(5);
  BOOST_TEST(deviations() == "");
}

BOOST_AUTO_TEST_CASE(what_would_tell_more_of_the_next_round_is_missed_and_the_ledger_says_so) {
  begin();
  to_round(2);
  tests::ok(ask<done>(host, in(4s)));
  pass(std::chrono::milliseconds{time_of(3) + 8000 - now->now_ms()});
  set_epoch(2);
  begin();
  to_round(5);
  BOOST_TEST(deviations() == " 45-45 missed(not_sampled)");
}

BOOST_AUTO_TEST_CASE(a_round_that_the_owner_before_took_is_not_taken_again) {
  begin();
  to_round(2);
  auto phase = check::request_phase_ms(record.host_id, period_ms);
  pass(std::chrono::milliseconds{time_of(3) + phase / 2 - now->now_ms()});
  tests::ok(ask<done>(host, in(4s)));
  set_epoch(2);
  begin();
  pass(3s);
  BOOST_TEST(asked == 4);
  to_round(4);
  BOOST_TEST(asked == 5);
  BOOST_TEST(state().samples.size() == 5u);
  BOOST_TEST(deviations() == "");
}

BOOST_AUTO_TEST_CASE(what_the_owner_before_could_not_store_in_time_is_the_new_ones_round) {
  begin();
  to_round(2);
  take_away(store_writer_name);
  pass(std::chrono::milliseconds{time_of(3) + 1500 - now->now_ms()});
  auto reply = ask_later<done>(host, in(1ms));
  pass(100ms);
  BOOST_TEST(reply.is_there());
  BOOST_TEST(log.count("host-released-early") == 1u);
  set_epoch(2);
  give_back(store_writer_name);
  begin();
  to_round(4);
  BOOST_TEST(state().samples.size() == 5u);
  BOOST_TEST(deviations() == "");
}

BOOST_AUTO_TEST_CASE(a_host_that_starts_while_the_store_is_away_keeps_trying) {
  take_away(round_store_name);
  begin();
  to_round(3);
  BOOST_TEST(is_alive(host));
  give_back(round_store_name);
  to_round(4);
  BOOST_TEST(state().until_ms == time_of(4));
}

BOOST_AUTO_TEST_CASE(windows_that_cannot_be_read_at_the_start_are_read_a_moment_later) {
  set_rules({tests::rule_on("long", "busy", "avg(2m)>60")});
  begin();
  to_round(11);
  end(host);
  auto real = of<round_store_actor>(round_store_name);
  auto refused = std::make_shared<int>(0);
  start_as(round_store_name, [real, refused](caf::event_based_actor* self) -> caf::behavior {
    return {[self, real](const host_state_query& q) { return self->delegate(real, q); },
            [refused](const samples_query&) -> caf::result<sample_rows> {
              ++*refused;
              return refuse(ec::store_unreachable);
            }};
  });
  begin();
  pass(3s);
  BOOST_TEST(*refused >= 2);
  put(round_store_name, real);
  to_round(12); // Half of the window is low: one without its past would be abnormal.
  BOOST_TEST(log.count("history-not-read") == 0u);
  BOOST_TEST(state().until_ms == time_of(12));
  BOOST_TEST(found() == "");
}

// -- rules that came meanwhile

BOOST_AUTO_TEST_CASE(a_rule_imported_while_nobody_was_here_is_filled_back) {
  keep_list->insert("busy");
  begin();
  to_round(7);
  end(host);
  host = nullptr;
  set_rules({hot});
  pass(5s);
  begin();
  to_round(10);
  BOOST_TEST(found() == "hot 30-60 Abnormal; hot 135-150 Abnormal");
  BOOST_TEST(deviations() == "");
}

BOOST_AUTO_TEST_CASE(where_its_series_was_not_collected_the_ledger_says_so) {
  set_rules({tests::rule_on("known", "total", "$0>1")});
  begin();
  to_round(7);
  end(host);
  host = nullptr;
  set_rules({tests::rule_on("known", "total", "$0>1"), hot});
  pass(5s);
  begin();
  to_round(10);
  BOOST_TEST(deviations() == "hot 0-105 missed(not_collected)");
  BOOST_TEST(found().find("hot 135-150 Abnormal") != std::string::npos, found());
  BOOST_TEST(found().find("hot 30") == std::string::npos, found());
}

BOOST_AUTO_TEST_CASE(a_restart_without_new_rules_judges_nothing_again) {
  keep_list->insert("busy");
  set_rules({hot});
  begin();
  to_round(7);
  auto before = dump(record);
  end(host);
  begin();
  pass(2s);
  BOOST_TEST(dump(record) == before);
}

BOOST_AUTO_TEST_CASE(a_check_of_the_time_before_its_series_was_collected_finds_nothing_there) {
  begin();
  to_round(7);
  set_rules({hot});
  to_round(10);
  tests::ok(ask<unit_checked>(host, check(0, 11)));
  BOOST_TEST(found() == "hot 135-150 Abnormal");
  BOOST_TEST(deviations() == "hot 0-105 missed(not_collected)");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::takeover_test
