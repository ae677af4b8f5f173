#include "http/server/session_cache.hpp"
#include "runtime/base/digest.hpp"
#include "tests/http/support/sample_service.hpp"

#include <boost/test/unit_test.hpp>

namespace session_cache_test {

using namespace aops;

namespace {

struct cache_fixture {
  base::turned_time time;
  tests::sessions_by_hand sessions;
  http::session_cache it{
    [this](const std::string& hash) { return sessions.find(hash); }, {500, 3}, time};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_session_cache, cache_fixture)

BOOST_AUTO_TEST_CASE(it_asks_once_in_a_while) {
  auto token = sessions.open("admin");
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(it.authenticate(token)->user == "admin");
  BOOST_TEST(sessions.asked == 1);
  time.pass(499);
  BOOST_TEST(it.authenticate(token).has_value());
  BOOST_TEST(sessions.asked == 1);
  time.pass(1);
  BOOST_TEST(it.authenticate(token).has_value());
  BOOST_TEST(sessions.asked == 2);
}

BOOST_AUTO_TEST_CASE(a_revoked_token_is_refused_within_a_second) {
  auto token = sessions.open("admin");
  BOOST_TEST(it.authenticate(token).has_value());
  sessions.close(token);
  time.pass(1000);
  BOOST_TEST((it.authenticate(token).error() == ec::session_invalid));
}

BOOST_AUTO_TEST_CASE(what_is_forgotten_is_asked_again) {
  auto token = sessions.open("admin");
  it.authenticate(token);
  it.forget(base::sha256_hex(token));
  it.authenticate(token);
  BOOST_TEST(sessions.asked == 2);
  it.forget_user("admin");
  it.authenticate(token);
  BOOST_TEST(sessions.asked == 3);
}

BOOST_AUTO_TEST_CASE(an_answer_asked_for_before_a_log_out_is_not_remembered_after_it) {
  auto token = sessions.open("admin");
  http::session_cache* cache = nullptr;
  int asked = 0;
  http::session_cache racing{[&](const std::string& hash) {
                               ++asked;
                               auto who = sessions.find(hash);
                               cache->forget(hash); // The log-out comes in between.
                               return who;
                             },
                             {500, 3},
                             time};
  cache = &racing;
  BOOST_TEST(racing.authenticate(token).has_value());
  BOOST_TEST(racing.authenticate(token).has_value());
  BOOST_TEST(asked == 2);
}

BOOST_AUTO_TEST_CASE(it_is_bounded) {
  for (int i = 0; i < 10; ++i)
    it.authenticate(sessions.open("user" + std::to_string(i)));
  BOOST_TEST(it.size() <= 3u);
}

BOOST_AUTO_TEST_CASE(an_empty_token_is_not_even_asked_for) {
  BOOST_TEST((it.authenticate("").error() == ec::session_invalid));
  BOOST_TEST(sessions.asked == 0);
}

BOOST_AUTO_TEST_CASE(the_session_is_known_by_its_hash) {
  auto token = sessions.open("admin");
  BOOST_TEST(it.authenticate(token)->session == base::sha256_hex(token));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace session_cache_test
