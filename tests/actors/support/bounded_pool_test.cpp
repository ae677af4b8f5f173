#include "actors/support/bounded_pool.hpp"
#include "runtime/base/log.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <latch>
#include <sys/resource.h>

namespace aops::actors {

namespace {

/// A task that says when it runs and ends when allowed.
struct gate {
  std::promise<void> entered, opened;
  std::function<void()> task() {
    return [this] {
      entered.set_value();
      opened.get_future().wait();
    };
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(bounded_pools)

BOOST_AUTO_TEST_CASE(a_full_queue_refuses) {
  bounded_pool pool{"test", 1, 2};
  gate g;
  BOOST_REQUIRE(pool.try_post(g.task()));
  g.entered.get_future().wait();
  BOOST_TEST(pool.try_post([] {}));
  BOOST_TEST(pool.try_post([] {}));
  BOOST_TEST(!pool.try_post([] {}));
  BOOST_TEST(pool.waiting() == 2u);
  g.opened.set_value();
}

BOOST_AUTO_TEST_CASE(all_accepted_tasks_run_on_all_threads) {
  bounded_pool pool{"test", 3, 100};
  std::latch together{3}; // Only three threads at once pass it.
  std::latch all{30};
  std::atomic<int> sum = 0;
  for (int i = 0; i < 3; ++i)
    BOOST_REQUIRE(pool.try_post([&] { together.arrive_and_wait(); }));
  for (int i = 0; i < 30; ++i)
    BOOST_REQUIRE(pool.try_post([&, i] {
      sum += i;
      all.count_down();
    }));
  all.wait();
  BOOST_TEST(sum == 435);
}

BOOST_AUTO_TEST_CASE(stopping_lets_the_running_end_and_drops_the_waiting) {
  log::capture log;
  auto pool = std::make_unique<bounded_pool>("test", 1, 10);
  gate g;
  auto held = std::make_shared<int>(0);
  std::atomic<bool> ran = false;
  BOOST_REQUIRE(pool->try_post(g.task()));
  g.entered.get_future().wait();
  BOOST_REQUIRE(pool->try_post([held, &ran] { ran = true; }));
  auto stopping = std::async(std::launch::async, [&] { pool->stop(); });
  g.opened.set_value();
  stopping.wait();
  // Either it was dropped, or the thread took it before the stop.
  BOOST_TEST(held.use_count() == 1);
  BOOST_TEST(log.count("tasks-dropped") == (ran ? 0u : 1u));
  BOOST_TEST(!pool->try_post([] {}));
  pool->stop();
}

BOOST_AUTO_TEST_CASE(a_task_that_throws_is_logged_and_the_thread_goes_on) {
  log::capture log;
  bounded_pool pool{"test", 1, 10};
  std::latch done{1};
  BOOST_REQUIRE(pool.try_post([] { throw std::runtime_error("no disk"); }));
  BOOST_REQUIRE(pool.try_post([] { throw 1; }));
  BOOST_REQUIRE(pool.try_post([&] { done.count_down(); }));
  done.wait();
  BOOST_TEST(log.count("task-crashed") == 2u);
  BOOST_TEST(log.text().find("no disk") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(some_threads_are_kept_for_the_urgent) {
  using base::urgency;
  bounded_pool pool{shared_threads("test", 4, 100)};
  std::array<gate, 4> gates;
  size_t entered = 0;
  auto post = [&](urgency what) {
    auto task = gates[entered++].task();
    pool.queue({what, {}, {}, base::never_ms}, [task](const expected<void>&) { task(); });
  };
  auto is_inside = [&](size_t i) { gates[i].entered.get_future().wait(); };
  std::latch past{1};
  post(urgency::history);
  post(urgency::jobs);
  is_inside(0);
  is_inside(1);
  // Half of the threads work for the past and for tasks: the third waits, though two are idle.
  pool.queue({urgency::jobs, {}, {}, base::never_ms},
             [&](const expected<void>&) { past.count_down(); });
  post(urgency::people);
  is_inside(2);
  BOOST_TEST(pool.waiting() == 1u);
  std::latch asked{1};
  pool.queue({urgency::people, {}, {}, base::never_ms},
             [&](const expected<void>&) { asked.count_down(); });
  post(urgency::live); // The last thread.
  is_inside(3);
  BOOST_TEST(pool.waiting() == 2u);
  BOOST_TEST(!past.try_wait());
  BOOST_TEST(!asked.try_wait());
  gates[3].opened.set_value();
  gates[2].opened.set_value();
  asked.wait();
  BOOST_TEST(!past.try_wait());
  gates[1].opened.set_value();
  past.wait();
  gates[0].opened.set_value();
}

BOOST_AUTO_TEST_CASE(polite_threads_give_way_to_all_others) {
  bounded_pool pool{polite_threads("test", 2, 10, 60'000)};
  auto mine = getpriority(PRIO_PROCESS, 0);
  std::promise<int> told;
  BOOST_REQUIRE(pool.try_post([&] { told.set_value(getpriority(PRIO_PROCESS, 0)); }));
  BOOST_TEST(told.get_future().get() == std::min(mine + 10, 19));
  BOOST_TEST(getpriority(PRIO_PROCESS, 0) == mine);
}

BOOST_AUTO_TEST_CASE(what_is_late_is_told_so_and_not_done) {
  base::turned_time time;
  pool_config config;
  config.name = "test";
  config.queue.patience_ms = 5000;
  config.time = &time;
  bounded_pool pool{config};
  gate g;
  BOOST_REQUIRE(pool.try_post(g.task()));
  g.entered.get_future().wait();
  std::promise<expected<void>> first, second, third;
  auto tell = [](auto& whom) { return [&](expected<void> turn) { whom.set_value(turn); }; };
  auto now = time.steady_ms();
  pool.queue({base::urgency::people, {}, {}, now + 1000}, tell(first));
  pool.queue({base::urgency::people, {}, {}, now + 3000}, tell(second));
  time.pass(2000);
  BOOST_TEST(pool.standing(base::urgency::people).oldest_ms == 2000);
  // It could not come before the first ones, which have waited longer than it may.
  pool.queue({base::urgency::people, {}, {}, now + 4000}, tell(third));
  auto refused = third.get_future().get();
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error() == ec::overloaded));
  g.opened.set_value();
  auto late = first.get_future().get();
  BOOST_REQUIRE(!late);
  BOOST_TEST((late.error() == ec::timed_out));
  BOOST_TEST(second.get_future().get().has_value());
}

BOOST_AUTO_TEST_CASE(an_inline_executor_runs_at_once) {
  inline_executor inline_;
  bool ran = false;
  BOOST_TEST(inline_.post([&] { ran = true; }));
  BOOST_TEST(ran);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
