#include "http/routes/routes.hpp"
#include "messages/names.hpp"
#include "messages/roles/account.hpp"
#include "runtime/base/digest.hpp"
#include "tests/http/support/sample_service.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>

namespace session_routes_test {

using namespace aops;
using http::json;

namespace {

/// A dispatcher over an account actor that knows one password.
struct sessions_fixture {
  sessions_fixture() {
    http::node_port port =
      [this](std::string_view name, std::chrono::milliseconds, caf::message request) {
        BOOST_TEST(name == actors::account_store_name);
        return accounts(request);
      };
    http::service s;
    s.routes = http::session_routes(port);
    s.routes.push_back(http::node_traits_route({"prometheus", {"ewma", "steps"}}));
    s.identities = std::make_shared<http::session_identity>(http::authenticator(port));
    it.emplace(std::move(s));
  }

  expected<caf::message> accounts(caf::message& request) {
    if (request.match_elements<log_in, std::string>()) {
      address = request.get_as<std::string>(1);
      if (request.get_as<log_in>(0).password.text != "right")
        return fail(ec::wrong_password);
      is_open = true;
      return caf::make_message(logged_in{must_change ? 1204 : 200, "the-token"});
    }
    if (request.match_elements<authenticate>()) {
      if (!is_open || request.get_as<authenticate>(0).token_hash != base::sha256_hex("the-token"))
        return fail(ec::session_invalid);
      caller who;
      who.user = who.owner = "ann";
      who.must_change_password = must_change;
      return caf::make_message(who);
    }
    BOOST_REQUIRE((request.match_elements<caller, log_out>()));
    BOOST_TEST(request.get_as<caller>(0).session == base::sha256_hex("the-token"));
    is_open = false;
    return caf::make_message(done{});
  }

  /// The reply; `kept` is the cookie that it sets.
  json say(const std::string& method, const std::string& path, const std::string& body = {}) {
    http::http_request q;
    q.method = method;
    q.path = path;
    q.body = body;
    q.address = "192.0.2.7";
    q.headers = {{"Content-Type", "application/json"}, {"Sec-Fetch-Site", site}};
    if (!cookie.empty())
      q.headers.emplace_back("Cookie", cookie);
    auto r = it->answer(q);
    BOOST_TEST(r.status == 200);
    kept.reset();
    for (const auto& [name, value] : r.headers)
      if (name == "Set-Cookie")
        kept = value;
    return json::parse(r.body);
  }

  std::string site = "same-origin", cookie, address;
  std::optional<std::string> kept;
  bool is_open = false, must_change = false;
  std::optional<http::dispatcher> it;
};

const std::string right = R"({"username":"ann","password":"right"})";

} // namespace

BOOST_FIXTURE_TEST_SUITE(http_session_routes, sessions_fixture)

BOOST_AUTO_TEST_CASE(a_browser_logs_in_and_out) {
  auto reply = say("POST", "/session/login", right);
  BOOST_TEST(reply["code"] == 200);
  BOOST_TEST(reply["user"] == "ann");
  BOOST_TEST(reply["role"] == "ordinary");
  BOOST_TEST(reply.dump().find("the-token") == std::string::npos);
  BOOST_TEST(address == "192.0.2.7");
  BOOST_TEST(kept.value_or("") == "aops-session=the-token; Path=/; HttpOnly; SameSite=Strict");
  cookie = "aops-session=the-token";
  BOOST_TEST(say("GET", "/session")["user"] == "ann");
  BOOST_TEST(!kept);
  BOOST_TEST(say("POST", "/session/logout")["code"] == 200);
  BOOST_TEST(kept.value_or("").starts_with("aops-session=; "));
  BOOST_TEST(say("GET", "/session")["code"] == 1201);
  BOOST_TEST(say("POST", "/session/logout")["code"] == 1201);
}

BOOST_AUTO_TEST_CASE(pages_of_users_are_told_what_the_node_is) {
  BOOST_TEST(say("GET", "/session/node")["code"] == 1201);
  say("POST", "/session/login", right);
  cookie = "aops-session=the-token";
  auto told = say("GET", "/session/node");
  BOOST_TEST(told["samples_source"] == "prometheus");
  BOOST_TEST(told["plugins"] == json({"ewma", "steps"}));
}

BOOST_AUTO_TEST_CASE(who_must_change_the_password_is_told_and_has_a_session_for_it) {
  must_change = true;
  BOOST_TEST(say("POST", "/session/login", right)["code"] == 1204);
  BOOST_TEST(kept.has_value());
  cookie = "aops-session=the-token";
  BOOST_TEST(say("GET", "/session")["code"] == 1204);
  BOOST_TEST(say("POST", "/session/logout")["code"] == 200);
}

BOOST_AUTO_TEST_CASE(a_wrong_password_sets_no_cookie) {
  BOOST_TEST(say("POST", "/session/login", R"({"username":"ann","password":"no"})")["code"] ==
             1200);
  BOOST_TEST(!kept);
  BOOST_TEST(say("POST", "/session/login", R"({"username":"ann"})")["code"] == 1000);
}

BOOST_AUTO_TEST_CASE(other_sites_neither_log_in_nor_out) {
  site = "cross-site";
  BOOST_TEST(say("POST", "/session/login", right)["code"] == 1207);
  BOOST_TEST(!is_open);
  is_open = true;
  cookie = "aops-session=the-token";
  BOOST_TEST(say("POST", "/session/logout")["code"] == 1207);
  BOOST_TEST(is_open);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace session_routes_test
