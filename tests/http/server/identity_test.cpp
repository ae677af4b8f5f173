#include "http/server/identity.hpp"
#include "runtime/base/digest.hpp"

#include <boost/test/unit_test.hpp>

namespace identity_test {

using namespace aops;

namespace {

http::http_request request_with(http::text_pairs headers, const std::string& method = "POST") {
  http::http_request q;
  q.method = method;
  q.headers = std::move(headers);
  return q;
}

struct identity_fixture {
  http::session_identity it{[](const std::string& hash) -> expected<caller> {
    if (hash != base::sha256_hex("right"))
      return fail(ec::session_invalid);
    caller c;
    c.user = "admin";
    return c;
  }};

  /// `user`, `user by cookie`, or nothing.
  std::string who(const http::http_request& q) {
    auto known = it.identify(q);
    return known ? known->who.user + (known->is_ambient ? " by cookie" : "") : std::string{};
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(identities, identity_fixture)

BOOST_AUTO_TEST_CASE(whose_rights_change_is_no_longer_who_he_was) {
  caller now;
  now.user = "ann";
  now.groups.emplace(std::vector<std::string>{"web"});
  http::session_identity changing{[&](const std::string&) -> expected<caller> { return now; }};
  auto known = changing.identify(request_with({{"Access-Token", "x"}}));
  BOOST_REQUIRE(known);
  auto forget = [&] { changing.forget(known->who); };
  BOOST_TEST(changing.is_still_valid(known->who));
  for (auto change : {+[](caller& x) { x.groups->push_back("db"); },
                      +[](caller& x) { x.groups.reset(); },
                      +[](caller& x) { x.owner = "eve"; },
                      +[](caller& x) { x.role = rights::administrator; }}) {
    auto before = now;
    change(now);
    forget();
    BOOST_TEST(!changing.is_still_valid(known->who));
    now = before;
    forget();
    BOOST_TEST(changing.is_still_valid(known->who));
  }
}

BOOST_AUTO_TEST_CASE(a_token_in_the_header_speaks_for_the_request) {
  BOOST_TEST(who(request_with({{"Access-Token", "right"}})) == "admin");
  BOOST_TEST(who(request_with({{"Access-Token", "wrong"}})) == "");
  BOOST_TEST(who(request_with({})) == "");
}

BOOST_AUTO_TEST_CASE(a_cookie_is_taken_where_there_is_no_header) {
  BOOST_TEST(who(request_with({{"Cookie", "aops-session=right"}})) == "admin by cookie");
  BOOST_TEST(who(request_with({{"cookie", "a=b; aops-session=right ;c=d"}})) == "admin by cookie");
  BOOST_TEST(who(request_with({{"Cookie", "aops-session=wrong"}})) == "");
  BOOST_TEST(who(request_with({{"Cookie", "xaops-session=right"}})) == "");
  BOOST_TEST(who(request_with({{"Cookie", "aops-session=right"}, {"Access-Token", "wrong"}})) ==
             "");
}

BOOST_AUTO_TEST_CASE(over_tls_only_the_cookie_counts_that_no_other_host_can_set) {
  auto q = request_with({{"Cookie", "aops-session=right"}});
  q.is_secure = true;
  BOOST_TEST(who(q) == "");
  q.headers = {{"Cookie", "aops-session=wrong; __Host-aops-session=right"}};
  BOOST_TEST(who(q) == "admin by cookie");
}

BOOST_AUTO_TEST_CASE(the_cookie_is_not_for_scripts_nor_for_other_sites) {
  BOOST_TEST(http::session_cookie("t", true) ==
             "__Host-aops-session=t; Path=/; HttpOnly; SameSite=Strict; Secure");
  BOOST_TEST(http::session_cookie("t", false) ==
             "aops-session=t; Path=/; HttpOnly; SameSite=Strict");
  BOOST_TEST(http::session_cookie("", false) ==
             "aops-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

BOOST_AUTO_TEST_CASE(browsers_tell_whose_page_sent_a_request) {
  auto is_ours = [](http::text_pairs headers, const std::string& method) {
    headers.emplace_back("Host", "node:11111");
    return http::is_from_own_page(request_with(std::move(headers), method));
  };
  for (const std::string method : {"POST", "DELETE"}) {
    BOOST_TEST(is_ours({{"Sec-Fetch-Site", "same-origin"}}, method));
    BOOST_TEST(is_ours({{"Origin", "https://node:11111"}}, method));
    BOOST_TEST(is_ours({{"Origin", "http://NODE:11111"}}, method)); // A proxy in front ends TLS.
    for (auto site : {"same-site", "cross-site", "none"})
      BOOST_TEST(!is_ours({{"Sec-Fetch-Site", site}, {"Origin", "https://node:11111"}}, method));
    for (auto origin : {"https://node:11112", "https://evil", "null", "https://node:11111.evil"})
      BOOST_TEST(!is_ours({{"Origin", origin}}, method));
    BOOST_TEST(!is_ours({}, method));
  }
  BOOST_TEST(is_ours({}, "GET"));
  BOOST_TEST(is_ours({{"Sec-Fetch-Site", "none"}}, "GET"));
  BOOST_TEST(is_ours({{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "navigate"}}, "GET"));
  BOOST_TEST(!is_ours({{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "cors"}}, "GET"));
  BOOST_TEST(!is_ours({{"Sec-Fetch-Site", "same-site"}}, "GET"));
  BOOST_TEST(!is_ours({{"Origin", "https://evil"}}, "GET"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace identity_test
