#include "actors/support/bounded_pool.hpp"
#include "actors/support/call.hpp"
#include "actors/support/foreign_promise.hpp"
#include "actors/support/message_types.hpp"
#include "actors/support/prepare.hpp"
#include "messages/interfaces.hpp"
#include "runtime/base/log.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <thread>

namespace aops::actors {

namespace {

using namespace std::chrono_literals;

/// A system with its own threads: `call` waits for real.
struct real_system {
  struct config : caf::actor_system_config {
    config() {
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-threads", 2);
      actors::add_message_types(*this);
    }
  } cfg;
  log::capture log;
  caf::actor_system system{cfg};
  std::vector<caf::actor> started;

  template <class F, class... Args>
  caf::actor start(F fun, Args... args) {
    started.push_back(caf::actor_cast<caf::actor>(system.spawn(fun, args...)));
    return started.back();
  }
  ~real_system() {
    for (auto& a : started)
      caf::anon_send_exit(a, caf::exit_reason::kill);
  }
};

caf::behavior worker(caf::event_based_actor* self, bounded_pool* pool) {
  prepare(self, "worker");
  return {
    [=](int x) -> caf::result<int> {
      foreign_promise<int> promise{self};
      if (!pool->post([=] { promise.answer(x + 1); }))
        promise.fail(ec::overloaded, "pool");
      return promise;
    },
    [=](atom::ping) {},
    [=](atom::stop) { self->quit(); },
    [=](atom::done) -> caf::result<int> { return refuse(ec::not_found, "x"); },
    [=](atom::tick) { return self->make_response_promise(); }, // Never answered.
  };
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(calls, real_system)

BOOST_AUTO_TEST_CASE(a_plain_thread_gets_answers_errors_and_deadlines) {
  bounded_pool pool{"test", 1, 10};
  auto actor = start(worker, &pool);
  BOOST_TEST(*call<int>(system, actor, 10s, 1) == 2);
  BOOST_TEST(call<void>(system, actor, 10s, atom::ping_v).has_value());
  BOOST_TEST((call<int>(system, actor, 10s, atom::done_v).error() == error{ec::not_found, "x"}));
  BOOST_TEST((call<int>(system, actor, 20ms, atom::tick_v).error() ==
              error{ec::timed_out, "no answer in 20 ms"}));
  BOOST_TEST((call<std::string>(system, actor, 10s, 1).error() == ec::internal));
  BOOST_TEST((call<int>(system, caf::actor{}, 10s, 1).error() == ec::unreachable));
  BOOST_TEST(call<void>(system, actor, 10s, atom::stop_v).has_value());
  BOOST_TEST((call<int>(system, actor, 10s, 1).error() == ec::unreachable));
}

BOOST_AUTO_TEST_CASE(many_threads_call_at_once_and_a_full_pool_says_so) {
  bounded_pool pool{"test", 1, 1};
  auto actor = start(worker, &pool);
  std::atomic<int> answered = 0, refused = 0, wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        auto x = call<int>(system, actor, 30s, t * 1000 + i);
        if (x ? *x == t * 1000 + i + 1 : false)
          ++answered;
        else if (!x && x.error() == ec::overloaded)
          ++refused;
        else
          ++wrong;
      }
    });
  for (auto& t : threads)
    t.join();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(answered > 0);
  BOOST_TEST(answered + refused == 1600);
}

BOOST_AUTO_TEST_CASE(a_typed_handle_is_checked_when_compiled) {
  static_assert(is_answer_of<tree_status, tree_actor, get_tree>());
  static_assert(!is_answer_of<int, tree_actor, get_tree>());
  static_assert(!is_answer_of<tree_status, tree_actor, int>());
  static_assert(is_answer_of<void, ready_actor, atom::ping>());
  static_assert(!is_answer_of<int, ready_actor, atom::ping>());
  static_assert(is_answer_of<int, caf::actor, double>());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
