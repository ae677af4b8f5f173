#include "actors/host/hosts_region.hpp"
#include "messages/names.hpp"
#include "tests/actors/host/host_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

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

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
