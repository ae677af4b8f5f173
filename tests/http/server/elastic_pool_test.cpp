#include "http/server/elastic_pool.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <latch>

namespace elastic_pool_test {

using namespace aops::http;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(an_elastic_pool)

BOOST_AUTO_TEST_CASE(it_grows_to_its_cap_and_then_refuses) {
  std::latch gate{1};
  elastic_pool pool{{2, 5, 10s}};
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(pool.try_run([&] { gate.wait(); }));
  BOOST_TEST(!pool.try_run([] {}));
  BOOST_TEST(pool.busy() == 5u);
  gate.count_down();
  pool.join();
  BOOST_TEST(pool.threads() == 0u);
}

BOOST_AUTO_TEST_CASE(it_shrinks_when_idle) {
  elastic_pool pool{{2, 20, 50ms}};
  std::latch gate{1};
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(pool.try_run([&] { gate.wait(); }));
  gate.count_down();
  auto deadline = std::chrono::steady_clock::now() + 10s;
  while (pool.threads() > 2 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  BOOST_TEST(pool.threads() == 2u);
  std::latch ran{1};
  BOOST_TEST(pool.try_run([&] { ran.count_down(); }));
  ran.wait();
}

BOOST_AUTO_TEST_CASE(all_work_is_done_before_join_returns) {
  std::atomic<int> ran{0};
  {
    elastic_pool pool{{1, 8, 10s}};
    for (int i = 0; i < 1000;)
      i += pool.try_run([&] { ++ran; });
  }
  BOOST_TEST(ran == 1000);
}

BOOST_AUTO_TEST_CASE(a_closed_pool_takes_nothing) {
  elastic_pool pool{{1, 8, 10s}};
  BOOST_TEST(pool.close(1s));
  BOOST_TEST(!pool.try_run([] {}));
}

BOOST_AUTO_TEST_CASE(closing_gives_up_after_its_grace) {
  std::latch gate{1};
  elastic_pool pool{{1, 8, 10s}};
  BOOST_TEST(pool.try_run([&] { gate.wait(); }));
  BOOST_TEST(!pool.close(10ms));
  gate.count_down();
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace elastic_pool_test
