#include "actors/cluster/gate.hpp"
#include "actors/cluster/link.hpp"
#include "actors/support/ask_message.hpp"
#include "messages/names.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "tests/actors/cluster/link_fixture.hpp"
#include "tests/support/process.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <csignal>
#include <thread>

namespace aops::tests {

namespace {

using namespace std::chrono_literals;

void introduce(link_node& a, link_node& b, const std::string& owner) {
  std::vector<known_member> all{a.as_member(), b.as_member()};
  a.set_map(all, owner);
  b.set_map(all, owner);
  a.own_all_slots(owner == a.id());
  b.own_all_slots(owner == b.id());
}

bool are_linked(link_node& a, link_node& b) {
  return eventually([&] { return a.linked(b.id()) && b.linked(a.id()); });
}

/// Milliseconds until it is true; fails the test after 20 s.
int64_t time_until(const std::function<bool()>& is_true) {
  auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(eventually(is_true));
  auto took = std::chrono::steady_clock::now() - begin;
  return std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
}

std::string parcels_sent() {
  auto text = metrics::metrics_text();
  auto at = text.find("\naops_parcels_sent_total");
  return at == std::string::npos ? "" : text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

struct pair_of_nodes {
  log::capture log;
  link_node a{{.id = "a"}}, b{{.id = "b"}};
};

/// A node here and one in a process that can be stopped.
struct node_and_process {
  log::capture log;
  link_node a{{.id = "a"}};
  std::unique_ptr<process> other;
  std::string address;

  void start_other() {
    other = std::make_unique<process>(std::vector<std::string>{
      std::string{AOPS_BINARY_DIR} + "/bin/aops_link_peer", "b", "a", a.address()});
    auto line = other->wait_for_line("ready ");
    BOOST_REQUIRE(!line.empty());
    address = line.substr(6);
  }
  void know(int64_t incarnation) { a.set_map({a.as_member(), {"b", incarnation, address}}, "b"); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(links)

BOOST_FIXTURE_TEST_CASE(both_ends_come_up_whoever_hears_of_the_other_first, pair_of_nodes) {
  std::vector<known_member> all{a.as_member(), b.as_member()};
  a.set_map(all, "b"); // The one that dials, while the other does not know it yet.
  BOOST_TEST(!eventually([&] { return a.linked("b"); }, 300ms));
  b.set_map(all, "b");
  BOOST_TEST(are_linked(a, b));
}

BOOST_FIXTURE_TEST_CASE(requests_go_both_ways_over_one_link, pair_of_nodes) {
  b.add_echo("host/x");
  introduce(a, b, "b");
  BOOST_REQUIRE(are_linked(a, b));
  BOOST_TEST(a.say("host/x", "hello", 5s).value_or("-") == "b:hello");
  a.add_echo("host/y");
  b.remove("host/x");
  introduce(a, b, "a");
  BOOST_TEST(b.say("host/y", "back", 5s).value_or("-") == "a:back");
}

BOOST_FIXTURE_TEST_CASE(an_open_request_fails_at_once_when_the_peer_dies, node_and_process) {
  start_other();
  know(1);
  BOOST_REQUIRE(eventually([&] { return a.linked("b"); }));
  expected<caf::message> answer = fail(ec::internal);
  auto before = parcels_sent();
  std::thread asker{[&] {
    answer =
      actors::call_node(*a.system, *a.services->names, "b", "host/x", 20s, caf::make_message(0));
  }};
  BOOST_TEST(eventually([&] { return parcels_sent() != before; }));
  other->signal(SIGKILL);
  auto took = time_until([&] { return !a.linked("b"); });
  asker.join();
  BOOST_TEST((answer.error() == ec::unreachable));
  BOOST_TEST(took < 450, "DOWN took " << took << " ms");
}

BOOST_FIXTURE_TEST_CASE(a_frozen_peer_is_noticed_and_comes_back, node_and_process) {
  start_other();
  know(1);
  BOOST_REQUIRE(eventually([&] { return a.linked("b"); }));
  other->signal(SIGSTOP);
  auto took = time_until([&] { return !a.linked("b"); });
  // suspect_after and heartbeat of the fixture are 500 and 100 ms; the rest is for a busy machine.
  BOOST_TEST(took >= 300, "too early: " << took << " ms");
  BOOST_TEST(took < 2000, "noticed after " << took << " ms");
  other->signal(SIGCONT);
  BOOST_TEST(eventually([&] { return a.linked("b"); }));
  BOOST_TEST(a.say("host/x", "again", 5s).value_or("-") == "b:again");
}

BOOST_FIXTURE_TEST_CASE(a_restarted_peer_is_linked_anew, node_and_process) {
  start_other();
  know(1);
  BOOST_REQUIRE(eventually([&] { return a.linked("b"); }));
  other->signal(SIGKILL);
  BOOST_TEST(eventually([&] { return !a.linked("b"); }));
  start_other(); // On another port; the fixture's incarnation stays 1.
  know(1);
  BOOST_TEST(eventually([&] { return a.linked("b"); }));
  BOOST_TEST(a.say("host/x", "new", 5s).value_or("-") == "b:new");
}

BOOST_FIXTURE_TEST_CASE(a_gate_that_crashed_keeps_its_port_and_is_linked_again, pair_of_nodes) {
  b.add_echo("host/x");
  introduce(a, b, "b");
  BOOST_REQUIRE(are_linked(a, b));
  for (auto* x : {&b, &a}) { // That of the one who dials, too.
    auto port = x->address();
    auto before = a.heard->downs("b");
    caf::anon_send_exit(x->services->names->find_as<caf::actor>(actors::gate_name),
                        caf::exit_reason::kill);
    BOOST_TEST(eventually([&] { return a.heard->downs("b") > before; }));
    auto took = time_until([&] { return a.linked("b") && b.linked("a"); });
    BOOST_TEST(took < 2500); // Usually 150 ms.
    BOOST_TEST_MESSAGE("gate of " << x->id() << ": linked again after " << took << " ms");
    BOOST_TEST(x->address() == port);
    BOOST_TEST(a.say("host/x", "still", 5s).value_or("-") == "b:still");
  }
}

BOOST_FIXTURE_TEST_CASE(a_link_says_when_it_is_full_and_what_is_too_large, pair_of_nodes) {
  b.add_echo("host/x");
  introduce(a, b, "b");
  BOOST_REQUIRE(are_linked(a, b));
  auto large = std::string(a.services->config->cluster.max_message.bytes, 'x');
  BOOST_TEST((a.say("host/x", large, 5s).error() == ec::bad_request));
  auto link = a.services->names->find(actors::link_name_of("b"));
  caf::scoped_actor self{*a.system};
  for (size_t i = 0; i < actors::most_parcels_under_way; ++i) {
    parcel p;
    p.to = "host/x";
    p.patience_ms = 30'000;
    p.body = caf::make_message(0); // Never answered.
    self->request(caf::actor_cast<caf::actor>(link), 30s, p);
  }
  BOOST_TEST((a.say("host/x", "one more", 5s).error() == ec::overloaded));
  BOOST_TEST(a.linked("b"));
}

BOOST_FIXTURE_TEST_CASE(an_answer_that_is_too_large_is_refused_by_name, pair_of_nodes) {
  b.add_echo("host/x");
  introduce(a, b, "b");
  BOOST_REQUIRE(are_linked(a, b));
  auto answer =
    actors::call_node(*a.system, *a.services->names, "b", "host/x", 5s, caf::make_message(2 << 20));
  BOOST_REQUIRE(!answer);
  BOOST_TEST(answer.error().detail.find("cluster.max_message") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(peers_hear_what_waits_in_the_actors_that_carry_the_load, pair_of_nodes) {
  caf::scoped_actor self{*b.system};
  auto stand_in = self->spawn([]() -> caf::behavior {
    return {[](const get_tree&) {
      tree_status row;
      row.mailbox = 41;
      return row;
    }};
  });
  for (auto name : {actors::hosts_name, actors::jobs_name})
    b.services->names->put(name, caf::actor_cast<caf::strong_actor_ptr>(stand_in));
  introduce(a, b, "b");
  BOOST_REQUIRE(are_linked(a, b));
  BOOST_TEST(eventually([&] { return a.services->pulses->mailboxes("b") >= 82; }));
  BOOST_TEST(b.services->pulses->mailboxes("b") >= 82);
  self->send_exit(stand_in, caf::exit_reason::user_shutdown);
}

BOOST_FIXTURE_TEST_CASE(a_member_that_left_has_no_link, pair_of_nodes) {
  introduce(a, b, "b");
  BOOST_REQUIRE(are_linked(a, b));
  a.set_map({a.as_member()}, "a");
  BOOST_TEST(eventually([&] { return !a.services->names->find(actors::link_name_of("b")); }));
  BOOST_TEST(eventually([&] { return !b.linked("a"); }));
}

BOOST_AUTO_TEST_CASE(three_nodes_that_start_at_once_are_all_linked) {
  log::capture log;
  link_node a{{.id = "a"}}, b{{.id = "b"}}, c{{.id = "c"}};
  std::vector<known_member> all{a.as_member(), b.as_member(), c.as_member()};
  for (auto* x : {&a, &b, &c})
    x->set_map(all, "a");
  BOOST_TEST(are_linked(a, b));
  BOOST_TEST(are_linked(a, c));
  BOOST_TEST(are_linked(b, c));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::tests
