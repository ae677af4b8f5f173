#include "actors/host/hosts_region.hpp"
#include "messages/names.hpp"
#include "tests/actors/host/host_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors::hosts_region_test {

namespace {

struct hosts_fixture : tests::host_fixture {
  hosts_fixture() {
    supervisor_config c;
    c.name = host_children_name;
    c.names = names;
    c.past_limit = give_up::leave_child;
    start_as(host_children_name, supervisor, std::move(c), std::vector<child_spec>{});
    start_as(hosts_name, hosts_region, services_ptr{services});
    run();
  }
  ~hosts_fixture() { end_all(); }

  bool lives(const std::string& id) { return names->find(host_name_of(id)) != nullptr; }

  hosts_actor hosts() { return of<hosts_actor>(hosts_name); }

  /// The slot is this node's under this epoch; 0: another node's.
  void set_epoch(uint16_t slot, uint64_t epoch) {
    if (epoch != 0)
      tests::ok(db().execute("update slot set epoch = " + std::to_string(epoch) +
                             " where slot = " + std::to_string(slot)));
    slots->set(slot, epoch);
    if (epoch != 0)
      tell(hosts(), slots_changed{{slot}, {}});
    else
      tell(hosts(), slots_changed{{}, {slot}});
  }

  void import(const check_rule& rule) {
    tests::ok(
      ask<rules_imported>(of<rule_store_actor>(rule_store_name), admin, rules_to_import{{rule}}));
    run();
  }
};

const check_rule hot = tests::rule_on("hot", "busy", "$0>80");

} // namespace

BOOST_FIXTURE_TEST_SUITE(region, hosts_fixture)

BOOST_AUTO_TEST_CASE(stored_hosts_are_started_and_sampled) {
  BOOST_TEST(lives("h1"));
  to_round(1);
  BOOST_TEST(state().until_ms == time_of(1));
  BOOST_TEST(status() == "online");
}

BOOST_AUTO_TEST_CASE(hosts_that_come_and_go_are_started_and_stopped) {
  auto more = add_host("h2");
  tell(of<hosts_actor>(hosts_name), hosts_changed{{more}, {}});
  BOOST_TEST(lives("h2"));
  tests::ok(
    ask<hosts_deleted>(of<host_store_actor>(host_store_name), admin, hosts_to_delete{{"h2"}}));
  run();
  BOOST_TEST(!lives("h2"));
  BOOST_TEST(lives("h1"));
}

BOOST_AUTO_TEST_CASE(a_host_somebody_adds_is_looked_at_ahead_of_its_first_round) {
  BOOST_TEST(asked == 0); // One that was stored waits for its round.
  auto more = add_host("h2");
  tell(hosts(), hosts_changed{{more}, {}});
  BOOST_TEST(asked == 1);
  BOOST_TEST(last_url.find("//" + more.public_ip + ":") != std::string::npos, last_url);
  auto store = of<host_store_actor>(host_store_name);
  auto h2 = tests::ok(ask<host_records>(store, find_hosts{more.owner, {"h2"}, {}})).hosts.at(0);
  BOOST_TEST(h2.status == "online");
  BOOST_TEST(status() == "unknown");
  tell(hosts(), hosts_changed{{more}, {}}); // Known: nothing new to look at.
  BOOST_TEST(asked == 1);
}

BOOST_AUTO_TEST_CASE(a_host_that_was_renamed_hears_of_it_when_the_message_got_lost) {
  tests::ok(db().execute("update host set name = 'renamed' where id = 'h1'"));
  page = [](int64_t k) { return std::string{k < 3 ? "busy 1\n" : ""}; };
  to_round(6);
  BOOST_TEST(log.text().find("renamed (h1) is offline") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_message_that_got_lost_costs_half_a_minute) {
  add_host("h2");
  pass(30s);
  BOOST_TEST(lives("h2"));
}

BOOST_AUTO_TEST_CASE(a_host_that_got_another_address_is_asked_there) {
  tests::ok(db().execute("update host set ip = '10.9.9.9' where id = 'h1'"));
  pass(50s);
  BOOST_TEST(last_url.find("//10.9.9.9:") != std::string::npos, last_url);
  BOOST_TEST(lives("h1"));
}

BOOST_AUTO_TEST_CASE(an_import_reaches_the_hosts_before_their_next_round) {
  page = [](int64_t k) { return std::string{k >= 3 ? "busy 90\n" : "busy 10\n"}; };
  keep_list->insert("busy");
  to_round(2);
  import(hot);
  to_round(4);
  BOOST_TEST(found() == "hot 45-60 Abnormal");
  import(tests::rule_on("hot", "busy", "$0>95"));
  to_round(6);
  BOOST_TEST(found() == "hot 45-60 Abnormal");
  tests::ok(ask<done>(of<rule_store_actor>(rule_store_name), admin, rules_to_delete{{"hot"}}));
  to_round(8);
  BOOST_TEST(found() == "hot 45-60 Abnormal");
}

BOOST_AUTO_TEST_CASE(a_host_that_crashes_comes_back_with_the_rules_of_now) {
  page = [](int64_t) { return std::string{"busy 90\n"}; };
  to_round(1);
  import(hot);
  to_round(3);
  end(of<caf::actor>(host_name_of("h1")), caf::exit_reason::kill);
  pass(1s);
  BOOST_TEST(lives("h1"));
  to_round(6);
  BOOST_TEST(found() == "hot 30-90 Abnormal");
  BOOST_TEST(state().samples.size() == 7u);
}

BOOST_AUTO_TEST_CASE(a_fenced_host_is_not_restarted_at_once) {
  to_round(1);
  tests::ok(db().execute("update slot set epoch = 2"));
  to_round(2);
  BOOST_TEST(!lives("h1"));
}

BOOST_AUTO_TEST_CASE(a_region_that_crashes_keeps_the_hosts_running) {
  end(of<hosts_actor>(hosts_name), caf::exit_reason::kill);
  BOOST_TEST(lives("h1"));
  start_as(hosts_name, hosts_region, services_ptr{services});
  import(hot);
  page = [](int64_t) { return std::string{"busy 90\n"}; };
  to_round(1);
  BOOST_TEST(found() == "hot 0-15 Abnormal");
}

// -- slots that come and go

BOOST_AUTO_TEST_CASE(hosts_of_slots_that_go_end_at_once_and_come_back_with_the_slot) {
  to_round(1);
  set_epoch(record.slot, 0);
  BOOST_TEST(!lives("h1"));
  pass(40s);
  BOOST_TEST(!lives("h1"));
  set_epoch(record.slot, 2);
  BOOST_TEST(lives("h1"));
  to_round(6);
  BOOST_TEST(state().until_ms == time_of(6));
}

BOOST_AUTO_TEST_CASE(hosts_of_other_nodes_are_none_of_our_business) {
  slots->set(schedule::slot_of("h2"), 0);
  auto more = add_host("h2");
  tell(hosts(), hosts_changed{{more}, {}});
  pass(40s);
  BOOST_TEST(!lives("h2"));
}

BOOST_AUTO_TEST_CASE(a_host_under_an_epoch_of_the_past_is_replaced) {
  to_round(1);
  auto old = of<host_actor>(host_name_of("h1"));
  set_epoch(record.slot, 2);
  BOOST_TEST(!is_alive(old));
  BOOST_TEST(lives("h1"));
  to_round(3);
  BOOST_TEST(state().until_ms == time_of(3));
  BOOST_TEST(deviations() == "");
}

BOOST_AUTO_TEST_CASE(a_slot_that_goes_and_comes_in_one_breath_has_its_hosts_anew) {
  to_round(1);
  auto old = of<host_actor>(host_name_of("h1"));
  tests::ok(db().execute("update slot set epoch = 2"));
  slots->set(record.slot, 2);
  tell(hosts(), slots_changed{{record.slot}, {record.slot}});
  BOOST_TEST(!is_alive(old));
  BOOST_TEST(lives("h1"));
  to_round(2);
  BOOST_TEST(state().until_ms == time_of(2));
}

BOOST_AUTO_TEST_CASE(a_fenced_host_comes_back_when_the_slot_is_ours_under_a_newer_epoch) {
  to_round(1);
  tests::ok(db().execute("update slot set epoch = 2"));
  to_round(2);
  BOOST_TEST(!lives("h1"));
  set_epoch(record.slot, 2);
  BOOST_TEST(lives("h1"));
}

BOOST_AUTO_TEST_CASE(released_hosts_store_their_rounds_and_end_and_come_back_when_the_slot_stays) {
  to_round(1);
  tests::ok(ask<done>(hosts(), slots_to_release{{record.slot}, now->now_ms() + 4000}));
  BOOST_TEST(!lives("h1"));
  BOOST_TEST(state().until_ms == time_of(1));
  tell(hosts(), atom::tick_v); // Somebody says that something changed.
  tell(hosts(), hosts_changed{{known()}, {}});
  BOOST_TEST(!lives("h1"));
  pass(8s);
  BOOST_TEST(lives("h1"));
}

BOOST_AUTO_TEST_CASE(the_hosts_of_a_node_are_started_in_waves) {
  for (int i = 0; i < 200; ++i)
    add_host("many" + std::to_string(i));
  auto living = [&] {
    int n = 0;
    for (int i = 0; i < 200; ++i)
      n += lives("many" + std::to_string(i)) ? 1 : 0;
    return n;
  };
  tell(hosts(), atom::tick_v);
  BOOST_TEST(living() == 64);
  pass(200ms);
  BOOST_TEST(living() == 200);
}

BOOST_AUTO_TEST_CASE(rules_that_cannot_be_read_at_first_are_read_a_moment_later) {
  auto more = add_host("e1", "eve");
  take_away(rule_store_name);
  tell(hosts(), hosts_changed{{more}, {}});
  BOOST_TEST(!lives("e1"));
  give_back(rule_store_name);
  pass(1s);
  BOOST_TEST(lives("e1"));
}

BOOST_AUTO_TEST_CASE(ticks_of_others_do_not_multiply_the_own_one) {
  for (int i = 0; i < 50; ++i)
    tell(hosts(), atom::tick_v);
  auto reads = std::make_shared<int>(0);
  start_as(host_store_name, [reads](caf::event_based_actor*) -> caf::behavior {
    return {[reads](const find_hosts&) {
      ++*reads;
      return host_records{};
    }};
  });
  pass(90s);
  BOOST_TEST(*reads <= 4);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::hosts_region_test
