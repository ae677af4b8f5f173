#include "actors/support/prepare.hpp"
#include "messages/interfaces.hpp"
#include "tests/support/actor_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

namespace aops::tests {

namespace {

/// Notes the time every 10 s.
caf::behavior
metronome(caf::event_based_actor* self, std::vector<int64_t>* beats, const base::clock* clock) {
  actors::prepare(self, "metronome");
  self->delayed_send(self, 10s, atom::tick_v);
  return {
    [=](atom::tick) {
      self->delayed_send(self, 10s, atom::tick_v);
      beats->push_back(clock->now_ms());
    },
    [=](atom::done) -> caf::result<int> {
      auto promise = self->make_response_promise();
      self->delayed_send(self, 5s, promise);
      return promise;
    },
    [=](caf::response_promise promise) { promise.deliver(5); },
  };
}

} // namespace
} // namespace aops::tests

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf::response_promise)

namespace aops::tests {

BOOST_FIXTURE_TEST_SUITE(fixture, actor_fixture)

BOOST_AUTO_TEST_CASE(time_passes_event_by_event_for_actors_and_clock_alike) {
  std::vector<int64_t> beats;
  auto t0 = clock.now_ms();
  start(metronome, &beats, &clock);
  pass(35s);
  BOOST_TEST(beats == (std::vector<int64_t>{t0 + 10'000, t0 + 20'000, t0 + 30'000}),
             boost::test_tools::per_element());
  BOOST_TEST(clock.now_ms() == t0 + 35'000);
  pass(1500us);
  pass(500us);
  BOOST_TEST(clock.now_ms() == t0 + 35'002);
}

BOOST_AUTO_TEST_CASE(an_answer_that_takes_time_comes_when_time_passes) {
  std::vector<int64_t> beats;
  auto actor = start(metronome, &beats, &clock);
  BOOST_TEST((ask<int>(actor, atom::done_v).error() == ec::timed_out));
  auto later = ask_later<int>(actor, atom::done_v);
  pass(4s);
  BOOST_TEST(!later.is_there());
  pass(1s);
  BOOST_TEST(*later.get() == 5);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::tests
