#include "actors/cluster/gate.hpp"
#include "actors/support/message_types.hpp"
#include "messages/names.hpp"
#include "runtime/base/log.hpp"
#include "tests/actors/cluster/link_fixture.hpp"
#include "tests/support/process.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>
#include <caf/io/all.hpp>

namespace aops::tests {

namespace {

using namespace std::chrono_literals;

/// A CAF program that nobody invited.
struct stranger {
  struct caf_config : caf::actor_system_config {
    caf_config() {
      load<caf::io::middleman>();
      actors::add_message_types(*this);
    }
  } config;
  caf::actor_system system{config};

  caf::strong_actor_ptr gate_of(const link_node& node) {
    auto at = base::parse_endpoint(node.address());
    if (!gate)
      if (auto who = system.middleman().remote_actor(at->host, at->port))
        gate = caf::actor_cast<caf::strong_actor_ptr>(*who);
    BOOST_REQUIRE(gate);
    return gate;
  }
  /// As one and the same actor: a gate that ended is forgotten.
  template <class T>
  expected<caf::message> ask(const link_node& node, T x) {
    auto id = self->new_request_id(caf::message_priority::normal);
    gate_of(node)->enqueue(self->ctrl(), id, caf::make_message(std::move(x)), self->context());
    while (self->await_data(std::chrono::high_resolution_clock::now() + 5s)) {
      auto element = self->dequeue();
      if (element->mid != id.response_id())
        continue;
      auto answer = element->move_content_to_message();
      if (answer.match_elements<caf::error>())
        return fail(from_caf(answer.get_as<caf::error>(0)));
      return answer;
    }
    return fail(ec::timed_out, "the gate does not answer");
  }

private:
  caf::strong_actor_ptr gate;
  caf::scoped_actor scope{system};
  caf::blocking_actor* self = scope.ptr();
};

node_hello hello_of(const std::string& node) {
  node_hello x;
  x.cluster = "test-cluster";
  x.node = node;
  x.incarnation = 1;
  x.protocol = actors::cluster_protocol;
  x.version = "9.9";
  x.nonce = "0123456789abcdef";
  return x;
}

parcel parcel_to(const std::string& name) {
  parcel x;
  x.to = name;
  x.node = "a";
  x.patience_ms = 5000;
  x.body = caf::make_message(std::string{"hello"});
  return x;
}

struct gate_and_stranger {
  log::capture log;
  link_node a{{.id = "a"}};
  stranger s;
  gate_and_stranger() {
    a.add_echo("host/x");
    a.set_map({a.as_member(), {"s", 1, "127.0.0.1:1"}}, "a");
    a.own_all_slots(true);
  }
  /// Both hellos.
  expected<caf::message> introduce() {
    // The link that the hello is for.
    BOOST_REQUIRE(eventually([&] { return !!a.services->names->find("link/s"); }));
    // One asker for both, and beyond: who said hello is known by its CAF node.
    if (auto first = s.ask(a, hello_of("s")); !first)
      return first;
    return s.ask(a, hello_of("s"));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(gate, gate_and_stranger)

BOOST_AUTO_TEST_CASE(nothing_is_taken_before_the_hello) {
  BOOST_TEST((s.ask(a, pulse{1}).error() == ec::permission_denied));
  BOOST_TEST((s.ask(a, parcel_to("host/x")).error() == ec::permission_denied));
  BOOST_TEST((s.ask(a, std::string{"anything"}).error() == ec::permission_denied));
  BOOST_TEST((s.ask(a, get_tree{}).error() == ec::permission_denied));
  BOOST_TEST(log.count("peer-refused") == 1); // Once, however often it tries.
  BOOST_TEST(a.said == 0);
}

BOOST_AUTO_TEST_CASE(half_a_hello_is_none) {
  BOOST_TEST(s.ask(a, hello_of("s")).has_value());
  BOOST_TEST((s.ask(a, pulse{1}).error() == ec::permission_denied));
}

BOOST_AUTO_TEST_CASE(the_introduced_reaches_what_is_meant_for_peers_and_nothing_else) {
  BOOST_TEST(introduce().has_value());
  BOOST_TEST(s.ask(a, pulse{1}).has_value());
  BOOST_TEST(s.ask(a, parcel_to("host/x")).has_value());
  BOOST_TEST(a.said == 1);
  for (auto name : {"store/accounts", "cluster/gate", "store/writer", "link/s", "", "hosts/x"})
    BOOST_TEST((s.ask(a, parcel_to(name)).error() == ec::permission_denied), name);
}

BOOST_AUTO_TEST_CASE(a_slot_of_another_node_is_answered_moved_and_not_carried_out) {
  BOOST_TEST(introduce().has_value());
  auto p = parcel_to("host/x");
  p.node = "";
  p.slot = schedule::slot_of("x");
  p.epoch = 1;
  BOOST_TEST(s.ask(a, p).has_value());
  a.own_all_slots(false);
  BOOST_TEST((s.ask(a, p).error() == ec::moved));
  a.own_all_slots(true);
  p.epoch = 2; // The sender knows of a later owner than we.
  BOOST_TEST((s.ask(a, p).error() == ec::moved));
  p.epoch = 1;
  p.slot = 999;
  BOOST_TEST((s.ask(a, p).error() == ec::bad_request));
  BOOST_TEST(a.said == 1);
}

BOOST_AUTO_TEST_CASE(another_protocol_or_cluster_is_refused_with_a_clear_line) {
  auto x = hello_of("s");
  x.protocol = 99;
  auto answer = s.ask(a, x);
  BOOST_REQUIRE(!answer);
  BOOST_TEST((answer.error() == ec::permission_denied));
  BOOST_TEST(log.text().find("it speaks protocol 99 (release 9.9), this node 1") !=
             std::string::npos);
  x = hello_of("s");
  x.cluster = "elsewhere";
  BOOST_TEST((s.ask(a, x).error() == ec::permission_denied));
  x = hello_of("a"); // A copied data directory.
  BOOST_TEST((s.ask(a, x).error() == ec::permission_denied));
}

BOOST_AUTO_TEST_CASE(who_is_no_member_or_an_old_one_is_refused) {
  BOOST_TEST((s.ask(a, hello_of("nobody")).error() == ec::unreachable));
  auto x = hello_of("s");
  x.incarnation = 0;
  BOOST_TEST((s.ask(a, x).error() == ec::unreachable));
}

BOOST_AUTO_TEST_CASE(exits_from_outside_do_nothing) {
  auto gate = caf::actor_cast<caf::actor>(s.gate_of(a));
  caf::anon_send_exit(gate, caf::exit_reason::user_shutdown);
  caf::scoped_actor self{s.system};
  self->send_exit(gate, caf::exit_reason::user_shutdown);
  auto answer = introduce();
  BOOST_TEST(answer.has_value(), to_string(answer ? error{} : answer.error()) << log.text());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::tests
