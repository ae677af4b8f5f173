#include "actors/support/ask_message.hpp"
#include "actors/support/prepare.hpp"
#include "messages/answer.hpp"
#include "messages/cluster.hpp"
#include "messages/interfaces.hpp"
#include "messages/names.hpp"
#include "messages/types/cluster.hpp"
#include "runtime/core/schedule/slot.hpp"
#include "tests/support/actor_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <optional>

namespace aops::actors {

namespace {

using outcome = std::optional<expected<caf::message>>;

caf::behavior answerer(caf::event_based_actor* self) {
  prepare(self, "answerer");
  return {
    [](int x) { return x + 1; },
    [](const std::string& x) { return x + "!"; },
    [](double) -> caf::result<int> { return refuse(ec::not_found, "x"); },
    [](atom::ping) {},
    [self](atom::tick) { return self->make_response_promise(); }, // Never answered.
    [self](atom::stop) { self->quit(); },
  };
}

/// Asks what it is told to, by `run`.
caf::behavior asker(caf::event_based_actor* self,
                    std::function<void(caf::event_based_actor*)> run) {
  prepare(self, "asker");
  run(self);
  return {[](atom::ping) {}};
}

/// A router that answers each parcel with what it contains, or with an error.
caf::behavior router(caf::event_based_actor* self, std::shared_ptr<std::vector<parcel>> seen) {
  prepare(self, "router");
  return {[seen](parcel& x) -> caf::result<parcel> {
    seen->push_back(x);
    if (x.to == "moved")
      return refuse(ec::timed_out, "in vain");
    return x;
  }};
}

struct ask_fixture : tests::actor_fixture {
  directory names;
  std::shared_ptr<std::vector<parcel>> seen = std::make_shared<std::vector<parcel>>();

  caf::strong_actor_ptr begin(caf::actor x) { return caf::actor_cast<caf::strong_actor_ptr>(x); }
  std::function<void(expected<caf::message>)> into(outcome& x) {
    return [&x](expected<caf::message> answer) { x = std::move(answer); };
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(ask_messages, ask_fixture)

BOOST_AUTO_TEST_CASE(an_answer_of_any_type_comes_back) {
  auto whom = begin(start(answerer));
  outcome number, text, nothing, error;
  start(asker, [&](caf::event_based_actor* self) {
    ask_message(self, whom, 5s, caf::make_message(1), into(number));
    ask_message(self, whom, 5s, caf::make_message(std::string{"a"}), into(text));
    ask_message(self, whom, 5s, caf::make_message(atom::ping_v), into(nothing));
    ask_message(self, whom, 5s, caf::make_message(1.5), into(error));
  });
  pass(0s);
  BOOST_REQUIRE((number && text && nothing && error));
  BOOST_TEST(*value_of<int>(*number) == 2);
  BOOST_TEST(*value_of<std::string>(*text) == "a!");
  BOOST_TEST(value_of<void>(*nothing).has_value());
  BOOST_TEST((error->error() == aops::error{ec::not_found, "x"}));
  end_all();
}

BOOST_AUTO_TEST_CASE(silence_and_absence_are_errors) {
  auto whom = begin(start(answerer));
  outcome late, nobody, gone;
  start(asker, [&](caf::event_based_actor* self) {
    ask_message(self, whom, 5s, caf::make_message(atom::tick_v), into(late));
    ask_message(self, nullptr, 5s, caf::make_message(1), into(nobody));
  });
  pass(4s);
  BOOST_TEST((nobody && nobody->error() == ec::unreachable));
  BOOST_TEST(!late.has_value());
  pass(2s);
  BOOST_TEST((late && late->error() == ec::timed_out));
  caf::anon_send(caf::actor_cast<caf::actor>(whom), atom::stop_v);
  pass(0s);
  start(asker, [&](caf::event_based_actor* self) {
    ask_message(self, whom, 5s, caf::make_message(1), into(gone));
  });
  pass(0s);
  BOOST_TEST((gone && gone->error() == ec::unreachable));
  end_all();
}

BOOST_AUTO_TEST_CASE(without_a_router_an_entity_is_asked_here) {
  names.put("host/h", begin(start(answerer)));
  outcome here, nowhere;
  start(asker, [&](caf::event_based_actor* self) {
    ask_entity_message(self, names, "h", "host/h", 5s, caf::make_message(1), into(here));
    ask_entity_message(self, names, "g", "host/g", 5s, caf::make_message(1), into(nowhere));
  });
  pass(0s);
  BOOST_TEST((here && *value_of<int>(*here) == 2));
  BOOST_TEST((nowhere && nowhere->error() == error{ec::unreachable, "host/g is down"}));
  end_all();
}

BOOST_AUTO_TEST_CASE(with_a_router_it_gets_a_parcel_and_its_answer_is_unwrapped) {
  names.put(router_name, begin(start(router, seen)));
  outcome echoed, failed;
  start(asker, [&](caf::event_based_actor* self) {
    ask_entity_message(self, names, "h", "host/h", 5s, caf::make_message(7), into(echoed));
    ask_entity_message(self, names, "h", "moved", 5s, caf::make_message(7), into(failed));
  });
  pass(0s);
  BOOST_TEST((echoed && *value_of<int>(*echoed) == 7));
  BOOST_TEST((failed && failed->error() == error{ec::timed_out, "in vain"}));
  BOOST_REQUIRE(seen->size() == 2);
  BOOST_TEST(seen->at(0).to == "host/h");
  BOOST_TEST(seen->at(0).slot == schedule::slot_of("h"));
  BOOST_TEST(seen->at(0).patience_ms == 5000);
  BOOST_TEST(!seen->at(0).is_one_way);
  tell_node(names, "n", "hosts", caf::make_message(1));
  tell_all_nodes(names, "hosts", caf::make_message(1));
  tell_entity(names, "h", "host/h", caf::make_message(1));
  pass(0s);
  BOOST_REQUIRE(seen->size() == 5);
  BOOST_TEST(seen->at(2).node == "n");
  BOOST_TEST(seen->at(3).node == every_node);
  BOOST_TEST((seen->at(3).is_one_way && seen->at(4).is_one_way));
  names.erase(router_name, names.find(router_name));
  end_all();
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
