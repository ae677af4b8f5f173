#include "actors/support/bounded_pool.hpp"
#include "actors/support/foreign_promise.hpp"
#include "actors/support/prepare.hpp"
#include "messages/types/common.hpp"
#include "tests/support/actor_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <thread>

namespace aops::actors {

namespace {

using task_list = std::vector<std::function<void()>>;

/// Keeps the promises of what it is asked in `tasks`, for the test to run them.
caf::behavior promiser(caf::event_based_actor* self, task_list* tasks) {
  prepare(self, "promiser");
  return {
    [=](int x) -> caf::result<int> {
      foreign_promise<int> promise{self};
      tasks->push_back([=] { promise.answer(x * 2); });
      return promise;
    },
    [=](const std::string& text) -> caf::result<int> {
      foreign_promise<int> promise{self};
      tasks->push_back([=] { promise.fail(ec::store_unreachable, text); });
      return promise;
    },
    [=](atom::done) -> caf::result<void> {
      foreign_promise<void> promise{self};
      tasks->push_back([=] { promise.answer({}); });
      return promise;
    },
    [=](atom::stop) -> caf::result<void> {
      foreign_promise<void> promise{self};
      throw std::runtime_error("after the promise");
    },
  };
}

void run_elsewhere(const std::function<void()>& task) { std::thread{task}.join(); }

} // namespace

BOOST_FIXTURE_TEST_SUITE(foreign_promises, tests::actor_fixture)

BOOST_AUTO_TEST_CASE(another_thread_answers) {
  task_list tasks;
  auto actor = start(promiser, &tasks);
  auto number = ask_later<int>(actor, 21);
  auto nothing = ask_later<void>(actor, atom::done_v);
  auto failure = ask_later<int>(actor, std::string{"db"});
  BOOST_TEST(!number.is_there());
  for (auto& t : tasks)
    run_elsewhere(t);
  BOOST_TEST(*number.get() == 42);
  BOOST_TEST(nothing.get().has_value());
  BOOST_TEST((failure.get().error() == error{ec::store_unreachable, "db"}));
}

BOOST_AUTO_TEST_CASE(only_the_first_answer_counts) {
  task_list tasks;
  auto actor = start(promiser, &tasks);
  auto number = ask_later<int>(actor, 1);
  tasks[0]();
  tasks[0]();
  tasks.clear();
  BOOST_TEST(*number.get() == 2);
  BOOST_TEST(!number.is_there());
}

BOOST_AUTO_TEST_CASE(a_dropped_promise_fails_at_once) {
  task_list tasks;
  auto actor = start(promiser, &tasks);
  auto number = ask_later<int>(actor, 1);
  tasks.clear();
  BOOST_TEST((number.get().error() == ec::unreachable));
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_after_taking_one_fails_it) {
  task_list tasks;
  auto actor = start(promiser, &tasks);
  BOOST_TEST((ask<void>(actor, atom::stop_v).error() == ec::unreachable));
}

BOOST_AUTO_TEST_CASE(an_answer_after_the_end_of_its_actor_still_arrives) {
  task_list tasks;
  auto actor = start(promiser, &tasks);
  auto number = ask_later<int>(actor, 4);
  end(actor);
  run_elsewhere(tasks[0]);
  BOOST_TEST(*number.get() == 8);
}

BOOST_AUTO_TEST_CASE(a_plain_send_is_answered_to_nobody) {
  task_list tasks;
  auto actor = start(promiser, &tasks);
  auto sender = start([actor](caf::event_based_actor* self) -> caf::behavior {
    prepare(self, "sender");
    self->send(actor, 3);
    return {[](atom::ping) {}};
  });
  BOOST_REQUIRE(tasks.size() == 1u);
  run_elsewhere(tasks[0]);
  run();
  BOOST_TEST(log.lines().empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
