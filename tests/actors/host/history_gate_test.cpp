#include "actors/host/history_gate.hpp"
#include "actors/host/history_turns.hpp"
#include "actors/host/patience.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace aops::actors::history_gate_test {

namespace {

struct visitors {
  history_gate gate;
  std::vector<std::string> came; ///< Those who were woken.
  std::map<std::string, history_gate::ticket> tickets;

  bool enter(const std::string& owner, const std::string& host) {
    tickets[host] = gate.new_ticket();
    return gate.enter(tickets[host], owner, [this, host] { came.push_back(host); });
  }
  void leave(const std::string& host) { gate.leave(tickets[host]); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(gate_to_histories)

BOOST_AUTO_TEST_CASE(so_many_are_inside_and_owners_take_turns) {
  visitors v;
  for (auto host : {"a1", "a2", "a3", "a4"})
    BOOST_TEST(v.enter("a", host));
  for (auto host : {"a5", "a6", "a7"})
    BOOST_TEST(!v.enter("a", host));
  for (auto host : {"b1", "b2"}) // Comes last, and does not wait for all of the first.
    BOOST_TEST(!v.enter("b", host));
  for (auto host : {"a1", "a2", "a3", "a4"})
    v.leave(host);
  BOOST_TEST(v.came == (std::vector<std::string>{"a5", "b1", "a6", "b2"}));
  BOOST_TEST(v.gate.inside() == 4u);
  BOOST_TEST(v.gate.waiting() == 1u);
}

BOOST_AUTO_TEST_CASE(who_gives_up_waiting_is_not_woken) {
  visitors v;
  for (auto host : {"a1", "a2", "a3", "a4"})
    v.enter("a", host);
  v.enter("a", "a5");
  v.enter("a", "a6");
  v.leave("a5");
  v.leave("a1");
  BOOST_TEST(v.came == std::vector<std::string>{"a6"});
  v.leave("a1"); // Not inside any more.
  BOOST_TEST(v.gate.inside() == 4u);
}

BOOST_AUTO_TEST_CASE(a_host_reads_once_at_a_time_and_pauses) {
  auto gate = std::make_shared<history_gate>();
  std::vector<std::chrono::milliseconds> pauses;
  history_turns turns{gate, {"a", [] {}, [&](auto time) { pauses.push_back(time); }}};
  std::string did;
  turns.ask([&] { did += "1"; });
  turns.ask([&] { did += "2"; });
  BOOST_TEST(did == "1");
  BOOST_TEST(gate->inside() == 1u);
  turns.done();
  BOOST_TEST(did == "1");
  BOOST_TEST(gate->inside() == 0u);
  BOOST_REQUIRE(pauses.size() == 1u);
  BOOST_TEST(pauses[0].count() >= 10);
  turns.on_turn();
  BOOST_TEST(did == "12");
  turns.done();
  turns.on_turn();
  turns.ask([&] { did += "3"; });
  BOOST_TEST(did == "123");
}

BOOST_AUTO_TEST_CASE(a_host_that_ends_leaves_the_gate) {
  auto gate = std::make_shared<history_gate>();
  {
    history_turns turns{gate, {"a", [] {}, [](auto) {}}};
    turns.ask([] {});
    BOOST_TEST(gate->inside() == 1u);
  }
  BOOST_TEST(gate->inside() == 0u);
}

BOOST_AUTO_TEST_CASE(whoever_asks_again_waits_longer_each_time_up_to_half_a_minute) {
  patience p{7};
  int64_t before = 0;
  for (int i = 0; i < 4; ++i) {
    auto wait = p.failed().count();
    BOOST_TEST(wait > before);
    before = wait;
  }
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(p.failed().count() <= 36'000);
  p.succeeded();
  BOOST_TEST(p.failed().count() <= 1200);
  BOOST_TEST((patience{1}.failed() != patience{2}.failed()));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::history_gate_test
