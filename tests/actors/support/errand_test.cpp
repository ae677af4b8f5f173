#include "actors/support/ask_message.hpp"
#include "actors/support/call.hpp"
#include "actors/support/errand.hpp"
#include "actors/support/foreign_promise.hpp"
#include "actors/support/prepare.hpp"
#include "messages/interfaces.hpp"
#include "runtime/base/clock.hpp"
#include "tests/support/actor_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <thread>

namespace aops::actors {

namespace {

using namespace std::chrono_literals;
using base::urgency;

/// Tells by what it would queue the request, and answers the number plus one.
caf::behavior queuer(caf::event_based_actor* self, std::vector<base::ticket>* seen) {
  prepare(self, "queuer");
  return {
    [=](int x) -> caf::result<int> {
      foreign_promise<int> promise{self, {urgency::history, "usual", "host"}};
      seen->push_back(promise.ticket());
      promise.answer(x + 1);
      return promise;
    },
    [=](atom::ping) -> caf::result<void> {
      foreign_promise<void> promise{self};
      seen->push_back(promise.ticket());
      promise.answer({});
      return promise;
    },
  };
}

int64_t now() { return base::system_time().steady_ms(); }

} // namespace

BOOST_FIXTURE_TEST_SUITE(errands, tests::actor_fixture)

BOOST_AUTO_TEST_CASE(a_request_of_caf_comes_without) {
  std::vector<base::ticket> seen;
  auto actor = start(queuer, &seen);
  BOOST_TEST(*ask<int>(actor, 1) == 2);
  BOOST_TEST((seen.at(0).what == urgency::history));
  BOOST_TEST(seen[0].owner == "usual");
  BOOST_TEST(seen[0].host == "host");
  BOOST_TEST(seen[0].due_ms == base::never_ms);
}

BOOST_AUTO_TEST_CASE(the_deadline_of_a_question_travels_with_it) {
  std::vector<base::ticket> seen;
  auto whom = caf::actor_cast<caf::strong_actor_ptr>(start(queuer, &seen));
  expected<int> answer = fail(ec::internal, "none");
  auto before = now();
  start([&](caf::event_based_actor* self) -> caf::behavior {
    prepare(self, "asker");
    errand with;
    with.what = urgency::people;
    with.owner = "ann";
    ask_message(
      self,
      whom,
      3s,
      caf::make_message(1),
      [&](expected<caf::message> x) { answer = value_of<int>(std::move(x)); },
      with);
    ask_message(
      self, whom, 3s, caf::make_message(atom::ping_v), [](const expected<caf::message>&) {});
    return {[](atom::tick) {}};
  });
  run();
  BOOST_TEST(*answer == 2);
  BOOST_REQUIRE(seen.size() == 2u);
  BOOST_TEST((seen[0].what == urgency::people)); // The asker knows better.
  BOOST_TEST(seen[0].owner == "ann");
  BOOST_TEST(seen[0].host == "host");
  BOOST_TEST(seen[0].due_ms >= before + 3000);
  BOOST_TEST(seen[0].due_ms <= now() + 3000);
  BOOST_TEST((seen[1].what == urgency::people)); // An empty message, too.
  BOOST_TEST(seen[1].due_ms >= before + 3000);
}

BOOST_AUTO_TEST_CASE(what_is_late_knows_it) {
  errand x;
  BOOST_TEST(!x.is_late());
  BOOST_TEST(x.within(0ms).is_late());
  BOOST_TEST(!x.within(1h).is_late());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
