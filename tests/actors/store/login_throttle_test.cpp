#include "actors/store/login_throttle.hpp"

#include <boost/test/unit_test.hpp>

namespace login_throttle_test {

using aops::actors::login_throttle;

BOOST_AUTO_TEST_SUITE(throttled_log_ins)

BOOST_AUTO_TEST_CASE(an_account_is_refused_from_the_address_that_fails) {
  login_throttle it{3, 1000};
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(it.allows("ann", "192.0.2.1", i));
    it.failed("ann", "192.0.2.1", i);
  }
  BOOST_TEST(!it.allows("ann", "192.0.2.1", 10));
  BOOST_TEST(it.allows("ann", "192.0.2.2", 10)); // Nobody locks others out.
  BOOST_TEST(it.allows("bob", "192.0.2.1", 10));
  BOOST_TEST(it.allows("ann", "192.0.2.1", 1000));
}

BOOST_AUTO_TEST_CASE(an_address_that_tries_ever_new_names_is_refused) {
  login_throttle it{3, 1000};
  for (int i = 0; i < 30; ++i) {
    auto name = "user" + std::to_string(i);
    BOOST_TEST(it.allows(name, "192.0.2.1", 5));
    it.failed(name, "192.0.2.1", 5);
  }
  BOOST_TEST(!it.allows("another", "192.0.2.1", 6));
  BOOST_TEST(it.allows("another", "192.0.2.2", 6));
  it.succeeded("user1", "192.0.2.1"); // One that is right does not pay for the others.
  BOOST_TEST(!it.allows("another", "192.0.2.1", 6));
  BOOST_TEST(it.allows("another", "192.0.2.1", 1005));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace login_throttle_test
