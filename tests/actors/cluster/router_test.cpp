#include "actors/cluster/router.hpp"
#include "actors/support/ask_message.hpp"
#include "messages/answer.hpp"
#include "messages/cluster.hpp"
#include "messages/names.hpp"
#include "runtime/base/log.hpp"
#include "tests/actors/cluster/link_fixture.hpp"
#include "tests/support/process.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <future>

namespace aops::tests {

namespace {

using namespace std::chrono_literals;

struct two_routers {
  log::capture log;
  link_node a{{.id = "a"}}, b{{.id = "b"}};
  std::vector<known_member> all{a.as_member(), b.as_member()};

  two_routers() {
    owned_by("");
    BOOST_REQUIRE(eventually([&] { return a.linked("b") && b.linked("a"); }));
  }
  void owned_by(const std::string& owner) {
    a.own_all_slots(owner == "a");
    b.own_all_slots(owner == "b");
    a.set_map(all, owner);
    b.set_map(all, owner);
  }
  std::future<expected<std::string>>
  saying(link_node& from, const std::string& text, std::chrono::milliseconds patience) {
    return std::async(std::launch::async,
                      [&from, text, patience] { return from.say("host/x", text, patience); });
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(router, two_routers)

BOOST_AUTO_TEST_CASE(a_request_for_a_slot_that_is_nobodys_waits_for_its_owner) {
  b.add_echo("host/x");
  auto answer = saying(a, "hello", 20s);
  BOOST_TEST((answer.wait_for(300ms) == std::future_status::timeout));
  owned_by("b");
  BOOST_TEST(answer.get().value_or("-") == "b:hello");
  BOOST_TEST(b.said == 1);
}

BOOST_AUTO_TEST_CASE(patience_ends_with_a_clear_error) {
  BOOST_TEST((a.say("host/x", "hello", 200ms).error() == ec::timed_out));
}

BOOST_AUTO_TEST_CASE(an_actor_that_is_still_being_started_is_waited_for) {
  owned_by("b");
  auto remote = saying(a, "from a", 10s);
  auto local = saying(b, "from b", 10s);
  BOOST_TEST((remote.wait_for(200ms) == std::future_status::timeout));
  b.add_echo("host/x");
  BOOST_TEST(remote.get().value_or("-") == "b:from a");
  BOOST_TEST(local.get().value_or("-") == "b:from b");
}

BOOST_AUTO_TEST_CASE(an_unknown_actor_is_said_to_be_unreachable_before_patience_ends) {
  owned_by("b");
  BOOST_TEST((a.say("host/nobody", "hello", 30s).error() == ec::unreachable));
  BOOST_TEST((b.say("host/nobody", "hello", 30s).error() == ec::unreachable));
}

BOOST_AUTO_TEST_CASE(a_stale_map_is_answered_moved_and_the_request_carried_out_once) {
  a.add_echo("host/x");
  b.add_echo("host/x");
  a.set_map(all, "b"); // Believes so.
  b.own_all_slots(false);
  auto answer = saying(a, "hello", 20s);
  BOOST_TEST((answer.wait_for(300ms) == std::future_status::timeout));
  owned_by("a");
  BOOST_TEST(answer.get().value_or("-") == "a:hello");
  BOOST_TEST(a.said == 1);
  BOOST_TEST(b.said == 0);
}

BOOST_AUTO_TEST_CASE(a_hand_over_under_load_loses_and_repeats_nothing) {
  a.add_echo("host/x");
  b.add_echo("host/x");
  owned_by("a");
  constexpr int each = 150;
  std::atomic<int> good = 0;
  auto load = [&](link_node& from) {
    for (int i = 0; i < each; ++i)
      good += from.say("host/x", std::to_string(i), 20s).has_value();
  };
  std::thread first{[&] { load(a); }}, second{[&] { load(b); }};
  for (int i = 0; good < 2 * each && i < 2000; ++i) {
    // Lost first, gained later: as the membership does it.
    a.own_all_slots(false);
    b.own_all_slots(false);
    owned_by(i % 2 == 0 ? "b" : "a");
    std::this_thread::sleep_for(5ms);
  }
  first.join();
  second.join();
  BOOST_TEST(good == 2 * each);
  BOOST_TEST(a.said + b.said == 2 * each);
}

BOOST_AUTO_TEST_CASE(too_many_that_wait_are_refused) {
  auto router = a.services->names->find(actors::router_name);
  caf::scoped_actor self{*a.system};
  for (size_t i = 0; i < actors::most_waiting_per_slot; ++i) {
    parcel p;
    p.to = "host/x";
    p.slot = schedule::slot_of("host/x");
    p.patience_ms = 20'000;
    self->request(caf::actor_cast<caf::actor>(router), 20s, p);
  }
  BOOST_TEST((a.say("host/x", "one more", 5s).error() == ec::overloaded));
  BOOST_TEST((a.say("host/other-slot", "waits", 100ms).error() == ec::timed_out));
}

BOOST_AUTO_TEST_CASE(what_nobody_waits_for_any_more_is_neither_handed_over_nor_sent) {
  a.add_echo("host/x");
  b.add_echo("host/x");
  // The parcel itself has patience; the request that brought it has waited on its way.
  auto late = [&] {
    auto answer = std::make_shared<std::promise<expected<parcel>>>();
    auto heard = answer->get_future();
    a.system->spawn([&](caf::event_based_actor* self) {
      parcel p;
      p.to = "host/x";
      p.slot = schedule::slot_of("x");
      p.patience_ms = 20'000;
      p.body = caf::make_message(std::string{"late"});
      actors::errand with;
      with.due_ms = base::system_time().steady_ms() - 1;
      auto id = self->new_request_id(caf::message_priority::normal);
      self->add_multiplexed_response_handler(
        id.response_id(), caf_inside::any_answer::handler([answer](caf::type_erased_tuple& x) {
          answer->set_value(value_of<parcel>(x));
        }));
      actors::enqueue(a.services->names->find(actors::router_name),
                      self->ctrl(),
                      id,
                      caf::make_message(std::move(p)),
                      with,
                      self->context());
    });
    bool is_there = heard.wait_for(20s) == std::future_status::ready;
    return is_there ? heard.get() : expected<parcel>{fail(ec::internal, "no answer")};
  };
  for (const auto* owner : {"a", "b", ""}) { // Here, over a link, and while the slot moves.
    owned_by(owner);
    auto how = late();
    BOOST_REQUIRE(!how);
    BOOST_TEST((how.error() == ec::timed_out), to_string(how.error()));
  }
  owned_by("a"); // What was dropped does not come later either.
  BOOST_TEST(a.say("host/x", "on time", 20s).value_or("-") == "a:on time");
  owned_by("b");
  BOOST_TEST(a.say("host/x", "on time", 20s).value_or("-") == "b:on time");
  BOOST_TEST(a.said == 1);
  BOOST_TEST(b.said == 1);
}

BOOST_AUTO_TEST_CASE(a_certain_node_is_asked_once) {
  b.add_echo("jobs");
  auto ask = [&](const std::string& node) {
    return value_of<std::string>(actors::call_node(
      *a.system, *a.services->names, node, "jobs", 5s, caf::make_message(std::string{"x"})));
  };
  BOOST_TEST(ask("b").value_or("-") == "b:x");
  BOOST_TEST((ask("a").error() == ec::unreachable));
  BOOST_TEST((ask("c").error() == ec::unreachable));
}

BOOST_AUTO_TEST_CASE(news_reach_every_node_once) {
  a.add_echo("hosts");
  b.add_echo("hosts");
  actors::tell_all_nodes(*a.services->names, "hosts", caf::make_message(std::string{"news"}));
  BOOST_TEST(eventually([&] { return a.said == 1 && b.said == 1; }));
  actors::tell_node(*a.services->names, "b", "hosts", caf::make_message(std::string{"news"}));
  BOOST_TEST(eventually([&] { return b.said == 2; }));
  owned_by("b");
  actors::tell_entity(*a.services->names, "h", "hosts", caf::make_message(std::string{"news"}));
  BOOST_TEST(eventually([&] { return b.said == 3; }));
  BOOST_TEST(a.said == 1);
}

BOOST_AUTO_TEST_CASE(figures, *boost::unit_test::disabled()) {
  auto time_of = [&](link_node& from) {
    constexpr int rounds = 5000;
    auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i)
      BOOST_REQUIRE(from.say("host/x", "x", 5s));
    std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    return took.count() / rounds;
  };
  b.add_echo("host/x");
  owned_by("b");
  BOOST_TEST_MESSAGE("through a link: " << time_of(a) << " us");
  BOOST_TEST_MESSAGE("through the local router: " << time_of(b) << " us");
  b.services->names->erase(actors::router_name, b.services->names->find(actors::router_name));
  BOOST_TEST_MESSAGE("without a router: " << time_of(b) << " us");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::tests
