// Pages, files and the session cookie over real sockets.
#include "tests/http/support/raw_client.hpp"
#include "tests/http/support/sample_service.hpp"

#include <boost/test/unit_test.hpp>

using namespace aops;
using http::json;
using http::may;
using tests::raw_client;

namespace aops {

struct begun {
  std::string user;
  maybe<std::string> session_token;
};
#define AOPS_FIELDS_begun(F)                                                                       \
  F(user, required(), "Who.")                                                                      \
  F(session_token, internal(), "")
AOPS_MESSAGE(begun)

} // namespace aops

namespace {

const std::string fine = R"({"text":"hi"})";
const std::string script = "/* " + std::string(4000, 'x') + " */";

/// What the page was made from.
http::http_response show(const http::page_context& c) {
  http::http_response r;
  r.content_type = "text/html; charset=utf-8";
  auto who = c.who();
  r.body =
    (who ? who->user : "nobody") + "|" + c.base_path + "|" + std::string{c.rest} + "|" + c.nonce;
  return r;
}

struct pages_fixture {
  pages_fixture() {
    auto what = tests::sample_service(sessions);
    what.pages.push_back({"/ui/login", "Log in.", show});
    what.pages.push_back(
      {.path = "/ui/host/*", .summary = "A host.", .show = show, .who = may::user});
    what.pages.push_back({.path = "/ui/*", .summary = "All else.", .show = show});
    what.pages.push_back(
      {.path = "/ui/rights", .summary = "Users.", .show = show, .who = may::administrator});
    what.login_page = "/ui/login";
    auto files = std::make_shared<http::static_files>();
    script_name = files->add_versioned("app.js", script);
    what.files.push_back({"/assets/*", "Scripts.", files});
    auto login = http::make_route<nothing, begun>(
      http::method::post, "/begin", may::anyone, "Log in.", [this](const auto&, const nothing&) {
        begun b{"admin", {}};
        b.session_token.emplace(sessions.open("admin"));
        return expected<begun>{std::move(b)};
      });
    login.is_for_pages = true;
    what.routes.push_back(std::move(login));
    auto started = http::http_server::start({}, std::move(what));
    BOOST_REQUIRE_MESSAGE(started, (started ? "" : started.error().detail));
    it = std::move(*started);
  }

  raw_client::response get(const std::string& path, const std::string& headers = {}) {
    raw_client c{it->port()};
    return c.ask("GET " + path + " HTTP/1.1\r\nHost: node\r\n" + headers + "\r\n");
  }

  raw_client::response
  post(const std::string& path, const std::string& body, const std::string& headers) {
    raw_client c{it->port()};
    return c.ask("POST " + path + " HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\n" +
                 headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  static std::string cookie(const std::string& token) {
    return "Cookie: aops-session=" + token + "\r\n";
  }

  tests::sessions_by_hand sessions;
  std::string script_name;
  std::unique_ptr<http::http_server> it;
};

const std::string own_page = "Sec-Fetch-Site: same-origin\r\n";

} // namespace

BOOST_FIXTURE_TEST_SUITE(pages, pages_fixture)

BOOST_AUTO_TEST_CASE(the_longest_path_that_fits_is_taken) {
  BOOST_TEST(get("/ui/login").body.starts_with("nobody|||"));
  BOOST_TEST(get("/ui/a/b").body.starts_with("nobody||a/b|"));
  BOOST_TEST(get("/ui/").body.starts_with("nobody|||"));
  auto r = get("/ui/host/x/y", cookie(sessions.open("otto", rights::ordinary)));
  BOOST_TEST(r.body.starts_with("otto||x/y|"));
  BOOST_TEST(get("/ui").status == 404);
  BOOST_TEST(get("/uix/a").status == 404);
  raw_client c{it->port()};
  auto refused = c.ask("DELETE /ui/a/b HTTP/1.1\r\nHost: node\r\n\r\n");
  BOOST_TEST(refused.status == 405);
  BOOST_TEST(refused.says("Allow: GET, HEAD, OPTIONS"));
}

BOOST_AUTO_TEST_CASE(who_must_log_in_is_sent_to_the_page_for_it) {
  auto r = get("/ui/host/1", "X-Forwarded-Prefix: /aops/\r\n");
  BOOST_TEST(r.status == 303);
  BOOST_TEST(r.says("Location: /aops/ui/login\r\n"));
  auto pending = sessions.open("admin", rights::administrator, true);
  BOOST_TEST(get("/ui/host/1", cookie(pending)).status == 303);
  BOOST_TEST(get("/ui/rights", cookie(sessions.open("otto", rights::ordinary))).status == 403);
  BOOST_TEST(get("/ui/rights", cookie(sessions.open("admin"))).status == 200);
  // Another site may link to us, but not load from us.
  auto token = cookie(sessions.open("admin"));
  BOOST_TEST(get("/ui/rights", token + "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n")
               .status == 200);
  BOOST_TEST(
    get("/ui/rights", token + "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n").status ==
    403);
}

BOOST_AUTO_TEST_CASE(a_page_knows_where_it_is_seen_from) {
  BOOST_TEST(get("/ui/x", "X-Forwarded-Prefix: /a-b/c\r\n").body.starts_with("nobody|/a-b/c|x|"));
  for (auto wrong : {"aops", "//evil", "/a//b", "/a/../b", "/a\"b", "/a b", "https://evil"})
    BOOST_TEST(get("/ui/x", std::string{"X-Forwarded-Prefix: "} + wrong + "\r\n")
                 .body.starts_with("nobody||x|"));
}

BOOST_AUTO_TEST_CASE(only_its_own_scripts_run_in_a_page) {
  std::string last;
  for (int i = 0; i < 2; ++i) {
    auto r = get("/ui/x");
    auto nonce = r.body.substr(r.body.rfind('|') + 1);
    BOOST_TEST(nonce.size() == 32u);
    BOOST_TEST(nonce != last);
    BOOST_TEST(r.says("script-src 'self' 'nonce-" + nonce + "'"));
    BOOST_TEST(r.says("frame-ancestors 'none'"));
    BOOST_TEST(r.says("Cache-Control: no-store"));
    last = nonce;
  }
  BOOST_TEST(get("/docs").says("Content-Security-Policy: "));
  BOOST_TEST(get("/healthz").says("Content-Security-Policy: default-src 'none'; "));
}

BOOST_AUTO_TEST_CASE(a_file_goes_out_as_it_is) {
  auto r = get("/assets/" + script_name);
  BOOST_TEST(r.status == 200);
  BOOST_TEST(r.body == script);
  BOOST_TEST(r.says("Content-Type: text/javascript; charset=utf-8\r\n"));
  BOOST_TEST(r.says("immutable"));
  BOOST_TEST(!r.says("no-store"));
  auto packed = get("/assets/" + script_name, "Accept-Encoding: gzip, br\r\n");
  BOOST_TEST(packed.says("Content-Encoding: gzip\r\n"));
  BOOST_TEST(packed.body.starts_with("\x1f\x8b")); // Packed once.
  BOOST_TEST(packed.body.size() < 200u);
  auto at = r.head.find("ETag: ") + 6;
  auto etag = r.head.substr(at, r.head.find("\r\n", at) - at);
  auto same = get("/assets/" + script_name, "If-None-Match: " + etag + "\r\n");
  BOOST_TEST(same.status == 304);
  BOOST_TEST(same.body.empty());
  for (auto path : {"/assets/", "/assets/none.js", "/assets/../healthz", "/assets/%2e%2e/x"})
    BOOST_TEST(get(path).status == 404);
}

BOOST_AUTO_TEST_CASE(a_connection_goes_on_after_a_file) {
  raw_client c{it->port()};
  for (int i = 0; i < 3; ++i) {
    auto r = c.ask("GET /assets/" + script_name + " HTTP/1.1\r\nHost: node\r\n\r\n");
    BOOST_TEST(r.body == script);
    BOOST_TEST(
      c.ask("HEAD /assets/" + script_name + " HTTP/1.1\r\nHost: node\r\nIf-None-Match: *\r\n\r\n")
        .status == 304);
  }
  BOOST_TEST(it->connections() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(cookie_sessions, pages_fixture)

BOOST_AUTO_TEST_CASE(logging_in_sets_a_cookie_that_then_speaks_for_our_own_pages) {
  auto r = post("/begin", "{}", own_page);
  BOOST_REQUIRE(r.status == 200);
  BOOST_TEST(json::parse(r.body)["user"] == "admin");
  BOOST_TEST(r.body.find("token") == std::string::npos);
  auto at = r.head.find("Set-Cookie: ") + 12;
  auto value = r.head.substr(at, r.head.find(';', at) - at);
  BOOST_TEST(r.says("; Path=/; HttpOnly; SameSite=Strict\r\n"));
  auto header = "Cookie: " + value + "\r\n";
  BOOST_TEST(json::parse(post("/test/user", fine, header + own_page).body)["user"] == "admin");
  BOOST_TEST(
    json::parse(post("/test/user", fine, header + "Origin: http://node\r\n").body)["code"] == 200);
  BOOST_TEST(get("/ui/host/1", header).status == 200);
}

BOOST_AUTO_TEST_CASE(other_sites_cannot_use_the_cookie) {
  auto header = cookie(sessions.open("admin"));
  for (const std::string from : {"",
                                 "Sec-Fetch-Site: cross-site\r\n",
                                 "Sec-Fetch-Site: same-site\r\n",
                                 "Origin: http://node:81\r\n",
                                 "Origin: null\r\n"}) {
    auto r = json::parse(post("/test/user", fine, header + from).body);
    BOOST_TEST(r["code"] == 1207);
    BOOST_TEST(!r.contains("said"));
  }
  // The header is no cookie: nobody else's page could have set it.
  BOOST_TEST(json::parse(post("/test/user",
                              fine,
                              "Access-Token: " + sessions.open("admin") +
                                "\r\nSec-Fetch-Site: cross-site\r\n")
                           .body)["code"] == 200);
}

BOOST_AUTO_TEST_CASE(other_sites_cannot_log_a_browser_in) {
  for (const std::string from : {"", "Sec-Fetch-Site: cross-site\r\n", "Origin: http://evil\r\n"}) {
    auto r = post("/begin", "{}", from);
    BOOST_TEST(json::parse(r.body)["code"] == 1207);
    BOOST_TEST(!r.says("Set-Cookie"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
