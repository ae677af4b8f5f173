#include "runtime/io/net/resolver.hpp"
#include "tests/io/net/dns_server.hpp"
#include "tests/support/process.hpp"

#include <boost/test/unit_test.hpp>

#include <future>

namespace resolver_test {

using namespace aops;
using namespace std::chrono_literals;
using net::resolver;
using tests::dns_server;
using manner = dns_server::manner;

namespace {

struct resolver_fixture {
  base::turned_time time;
  dns_server server;
  std::unique_ptr<resolver> names = started({});

  std::unique_ptr<resolver> started(net::resolver_options o) {
    o.servers = server.address();
    o.time = &time;
    return std::move(*resolver::start(o));
  }

  void pass(std::chrono::milliseconds how_long) { time.pass(how_long.count()); }

  /// `address address`, or the error.
  std::string find(const std::string& name, std::chrono::milliseconds patience = 20s) {
    std::promise<expected<resolver::addresses>> answer;
    names->resolve(name, patience, [&](auto found) { answer.set_value(std::move(found)); });
    auto found = answer.get_future().get();
    if (!found)
      return to_string(found.error());
    std::string out;
    for (const auto& x : *found)
      out += (out.empty() ? "" : " ") + x;
    return out;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(net_resolver, resolver_fixture)

BOOST_AUTO_TEST_CASE(an_answer_counts_as_long_as_it_says_and_is_then_followed) {
  server.set("web.test", {{"192.0.2.1"}, 30});
  BOOST_TEST(find("web.test") == "192.0.2.1");
  server.set("web.test", {{"192.0.2.2"}, 30});
  pass(29s);
  BOOST_TEST(find("web.test") == "192.0.2.1");
  BOOST_TEST(server.asked("web.test") == 1);
  pass(1s);
  // Nobody waits: the old one is handed out while the new one is asked for.
  BOOST_TEST(find("web.test") == "192.0.2.1");
  BOOST_TEST(tests::eventually([&] { return find("web.test") == "192.0.2.2"; }));
  BOOST_TEST(server.asked("web.test") == 2);
}

BOOST_AUTO_TEST_CASE(who_asks_seldom_waits_for_what_is_true_now) {
  server.set("web.test", {{"192.0.2.1"}, 30});
  BOOST_TEST(find("web.test") == "192.0.2.1");
  server.set("web.test", {{"192.0.2.2"}, 30});
  pass(10min);
  BOOST_TEST(find("web.test") == "192.0.2.2");
}

BOOST_AUTO_TEST_CASE(a_time_to_live_has_bounds) {
  server.set("none.test", {{"192.0.2.1"}, 0});
  server.set("ages.test", {{"192.0.2.1"}, 1'000'000});
  find("none.test");
  find("ages.test");
  pass(4s);
  find("none.test");
  BOOST_TEST(server.asked("none.test") == 1);
  pass(295s);
  find("ages.test");
  BOOST_TEST(server.asked("ages.test") == 1);
  pass(1s);
  find("ages.test");
  BOOST_TEST(tests::eventually([&] { return server.asked("ages.test") == 2; }));
}

BOOST_AUTO_TEST_CASE(a_name_that_does_not_resolve_says_why_at_once) {
  BOOST_TEST(find("nobody.test") == "unreachable: the name nobody.test does not exist");
  server.set("empty.test", {{}, 60});
  BOOST_TEST(find("empty.test") == "unreachable: the name empty.test has no address");
  server.set("silent.test", {{}, 60, manner::silent});
  BOOST_TEST(find("silent.test", 50ms) ==
             "timed_out: the name silent.test cannot be looked up: no name server answers");
  server.set("broken.test", {{}, 60, manner::broken});
  auto broken = find("broken.test");
  BOOST_TEST(broken.find("the name broken.test cannot be looked up: ") != std::string::npos,
             broken);
}

BOOST_AUTO_TEST_CASE(a_name_that_did_not_exist_is_found_once_it_does) {
  find("new.test");
  server.set("new.test", {{"192.0.2.1"}, 60});
  BOOST_TEST(find("new.test") == "unreachable: the name new.test does not exist");
  BOOST_TEST(server.asked("new.test") == 1);
  pass(5s);
  BOOST_TEST(find("new.test") == "192.0.2.1");
}

BOOST_AUTO_TEST_CASE(an_outage_of_dns_keeps_what_was_known_and_a_name_that_went_is_told) {
  server.set("web.test", {{"192.0.2.1"}, 30});
  find("web.test");
  server.set("web.test", {{}, 30, manner::broken});
  pass(10min);
  BOOST_TEST(find("web.test") == "192.0.2.1");
  pass(24h);
  BOOST_TEST(find("web.test").find("cannot be looked up") != std::string::npos);
  server.set("web.test", {{"192.0.2.1"}, 30});
  pass(10min);
  BOOST_TEST(find("web.test") == "192.0.2.1");
  server.remove("web.test");
  pass(10min);
  BOOST_TEST(find("web.test") == "unreachable: the name web.test does not exist");
}

BOOST_AUTO_TEST_CASE(a_silent_zone_delays_no_other_name) {
  server.set("silent.test", {{}, 60, manner::silent});
  server.set("web.test", {{"192.0.2.1"}, 60});
  std::promise<void> given_up;
  names->resolve("silent.test", 1h, [&](auto) { given_up.set_value(); });
  BOOST_TEST(find("web.test") == "192.0.2.1");
  auto end = given_up.get_future();
  BOOST_TEST((end.wait_for(0s) == std::future_status::timeout));
  names->stop();
  BOOST_TEST((end.wait_for(0s) == std::future_status::ready));
  BOOST_TEST(find("web.test") == "cancelled: resolver: stopped");
}

BOOST_AUTO_TEST_CASE(the_address_that_was_good_comes_first_for_as_long_as_it_is_told) {
  server.set("two.test", {{"192.0.2.1", "192.0.2.2"}, 30});
  find("two.test");
  names->prefer("two.test", "192.0.2.2");
  BOOST_TEST(find("two.test").starts_with("192.0.2.2 "));
  pass(10min);
  BOOST_TEST(find("two.test").starts_with("192.0.2.2 "));
  names->prefer("two.test", "192.0.2.1");
  BOOST_TEST(find("two.test").starts_with("192.0.2.1 "));
  names->prefer("two.test", "192.0.2.9");
  BOOST_TEST(find("two.test").starts_with("192.0.2.1 "));
}

BOOST_AUTO_TEST_CASE(only_so_many_names_are_remembered) {
  net::resolver_options o;
  o.most_names = 10;
  names = started(o);
  for (int i = 0; i < 25; ++i) {
    auto name = "n" + std::to_string(i) + ".test";
    server.set(name, {{"192.0.2.1"}, 300});
    pass(1ms);
    BOOST_TEST(find(name) == "192.0.2.1");
  }
  BOOST_TEST(find("n24.test") == "192.0.2.1");
  BOOST_TEST(server.asked("n24.test") == 1);
  BOOST_TEST(find("n0.test") == "192.0.2.1");
  BOOST_TEST(server.asked("n0.test") == 2);
}

BOOST_AUTO_TEST_CASE(names_of_this_machine_need_no_server) {
  BOOST_TEST(find("localhost").find("127.0.0.1") != std::string::npos);
  BOOST_TEST(server.asked("localhost") == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace resolver_test
