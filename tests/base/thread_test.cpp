#include "runtime/base/thread.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <pthread.h>

namespace aops::base {

BOOST_AUTO_TEST_SUITE(threads)

BOOST_AUTO_TEST_CASE(signals_do_not_reach_it_and_its_maker_keeps_his) {
  sigset_t inside, before, after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  auto started = start_thread("aops-test", [&] { pthread_sigmask(SIG_SETMASK, nullptr, &inside); });
  BOOST_REQUIRE(started.has_value());
  started->join();
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) {
    BOOST_TEST(sigismember(&inside, signal) == 1);
    BOOST_TEST(sigismember(&after, signal) == sigismember(&before, signal));
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::base
