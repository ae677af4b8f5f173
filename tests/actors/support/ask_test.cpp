#include "actors/support/ask.hpp"
#include "actors/support/prepare.hpp"
#include "messages/cluster.hpp"
#include "messages/interfaces.hpp"
#include "messages/names.hpp"
#include "messages/types/cluster.hpp"
#include "tests/support/actor_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <optional>

namespace aops::actors {

namespace {

/// Counts how often an answer is copied on its way.
struct counted {
  counted() = default;
  counted(const counted& x) : copies(x.copies + 1) {}
  counted(counted&&) = default;
  counted& operator=(const counted&) = default;
  counted& operator=(counted&&) = default;
  int copies = 0;
};

} // namespace

} // namespace aops::actors
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(aops::actors::counted)

namespace aops::actors {

namespace {

/// COUNTER: what is asked in these tests.
using counter_actor = caf::typed_actor<caf::replies_to<int>::with<int>,
                                       caf::replies_to<double>::with<counted>,
                                       caf::replies_to<std::string>::with<std::string>,
                                       caf::replies_to<atom::tick>::with<int>,
                                       caf::reacts_to<atom::stop>,
                                       caf::reacts_to<atom::ping>>;

static_assert(std::is_same_v<reply_of<counter_actor, int>, int>);
static_assert(std::is_same_v<reply_of<counter_actor, atom::ping>, void>);
static_assert(std::is_same_v<reply_of<counter_actor, const char*>, std::string>);
static_assert(!understands<counter_actor, std::vector<int>>);
static_assert(!understands<counter_actor, int, int>);

counter_actor::behavior_type counter(counter_actor::pointer self) {
  prepare(self, "counter");
  return {
    [](int x) { return x + 1; },
    [](double) { return counted{}; },
    [](const std::string& why) -> caf::result<std::string> { return refuse(ec::conflict, why); },
    [self](atom::tick) -> caf::result<int> { return self->make_response_promise<int>(); },
    [self](atom::stop) { self->quit(); },
    [](atom::ping) {},
  };
}

/// Has handlers of other types than its name promises.
caf::behavior impostor(caf::event_based_actor* self) {
  prepare(self, "impostor");
  return {[](int) { return std::string{"one"}; }};
}

/// Asks what it is told to, by `run`.
caf::behavior asking_actor(caf::event_based_actor* self,
                           std::function<void(caf::event_based_actor*)> run) {
  prepare(self, "asking");
  run(self);
  return {[](atom::ping) {}};
}

struct named_fixture : tests::actor_fixture {
  directory names;
  template <class T>
  using outcome = std::optional<expected<T>>;

  ~named_fixture() { end_all(); }

  void put(std::string_view name, const caf::actor& who) {
    names.put(name, caf::actor_cast<caf::strong_actor_ptr>(who));
  }
  /// What the actor of this name answers within a second, if it does.
  template <class Role, class... Args>
  outcome<reply_of<Role, Args...>> answer(std::string_view name, Args... args) {
    using reply = reply_of<Role, Args...>;
    outcome<reply> got;
    start(asking_actor, [&](caf::event_based_actor* self) {
      actors::ask<Role>(
        self, names, name, 1s, [&got](expected<reply> x) { got.emplace(std::move(x)); }, args...);
    });
    pass(2s);
    return got;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(asking, named_fixture)

BOOST_AUTO_TEST_CASE(the_role_says_what_comes_back) {
  put("counter", caf::actor_cast<caf::actor>(start(counter)));
  BOOST_TEST(**answer<counter_actor>("counter", 1) == 2);
  BOOST_TEST(answer<counter_actor>("counter", atom::ping_v)->has_value());
  auto refused = answer<counter_actor>("counter", std::string{"x"});
  BOOST_TEST((refused->error() == error{ec::conflict, "x"}));
}

BOOST_AUTO_TEST_CASE(an_answer_is_moved_not_copied) {
  put("counter", caf::actor_cast<caf::actor>(start(counter)));
  BOOST_TEST((*answer<counter_actor>("counter", 1.5))->copies == 0);
}

BOOST_AUTO_TEST_CASE(absence_silence_and_death_are_errors) {
  auto nobody = answer<counter_actor>("counter", 1);
  BOOST_TEST((nobody->error() == error{ec::unreachable, "counter is down"}));
  auto store = answer<counter_actor>(job_store_name, 1);
  BOOST_TEST((store->error() == error{ec::store_unreachable, "store/jobs is down"}));
  put("counter", caf::actor_cast<caf::actor>(start(counter)));
  BOOST_TEST((answer<counter_actor>("counter", atom::tick_v)->error() == ec::timed_out));
  BOOST_TEST(actors::tell<counter_actor>(names, "counter", atom::stop_v));
  pass(0s);
  BOOST_TEST((answer<counter_actor>("counter", 1)->error() == ec::unreachable));
}

BOOST_AUTO_TEST_CASE(another_actor_under_the_name_is_an_error) {
  put("counter", caf::actor_cast<caf::actor>(start(impostor)));
  BOOST_TEST((answer<counter_actor>("counter", 1)->error() == ec::internal));
  BOOST_TEST((answer<counter_actor>("counter", 1.5)->error() == ec::internal));
}

BOOST_AUTO_TEST_CASE(a_deadline_whose_answer_has_come_wakes_nobody) {
  put("counter", caf::actor_cast<caf::actor>(start(counter)));
  auto& clock = static_cast<caf::scheduler::test_coordinator&>(system.scheduler()).clock();
  auto ask_it = [&](auto request) {
    start(asking_actor, [&](caf::event_based_actor* self) {
      actors::ask<counter_actor>(
        self, names, "counter", 1h, [](const auto&) {}, request);
    });
    return clock.schedule().size();
  };
  auto before = clock.schedule().size();
  BOOST_TEST(ask_it(1) == before);
  BOOST_TEST(ask_it(atom::tick_v) == before + 1); // Its answer is awaited still.
}

BOOST_AUTO_TEST_CASE(an_asker_that_ended_hears_nothing) {
  put("counter", caf::actor_cast<caf::actor>(start(counter)));
  bool is_told = false;
  start(asking_actor, [&](caf::event_based_actor* self) {
    actors::ask<counter_actor>(
      self, names, "counter", 1s, [&](const expected<int>&) { is_told = true; }, atom::tick_v);
    self->quit();
  });
  pass(2s);
  BOOST_TEST(!is_told);
}

BOOST_AUTO_TEST_CASE(an_entity_is_asked_by_its_role_too) {
  put("host/h", caf::actor_cast<caf::actor>(start(counter)));
  outcome<int> here;
  start(asking_actor, [&](caf::event_based_actor* self) {
    ask_entity<counter_actor>(
      self, names, "h", host_name_of("h"), 1s, [&](expected<int> x) { here = x; }, 1);
  });
  pass(0s);
  BOOST_TEST(**here == 2);
}

BOOST_AUTO_TEST_CASE(a_handle_is_asked_like_a_name) {
  auto who = start(counter);
  outcome<int> good, none;
  start(asking_actor, [&](caf::event_based_actor* self) {
    ask_actor(
      self, who, 1s, [&](expected<int> x) { good = x; }, 1);
    ask_actor(
      self, counter_actor{}, 1s, [&](expected<int> x) { none = x; }, 1);
  });
  pass(0s);
  BOOST_TEST(**good == 2);
  BOOST_TEST((none->error() == ec::unreachable));
}

BOOST_AUTO_TEST_CASE(news_for_nobody_are_no_error) {
  BOOST_TEST(!actors::tell<counter_actor>(names, "counter", atom::stop_v));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
