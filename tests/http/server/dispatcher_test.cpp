#include "http/server/dispatcher.hpp"
#include "http/server/docs_page.hpp"
#include "runtime/base/log.hpp"
#include "tests/http/support/sample_service.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace dispatcher_test {

using namespace aops;
using http::json;

namespace {

struct dispatcher_fixture {
  tests::sessions_by_hand sessions;
  http::dispatcher it{tests::sample_service(sessions)};

  http::http_response ask(const std::string& method,
                          const std::string& path,
                          const std::string& body,
                          const std::string& token = {},
                          const std::string& type = "application/json") {
    http::http_request q;
    q.method = method;
    q.path = path;
    q.body = body;
    q.address = "192.0.2.7";
    q.headers.emplace_back("Content-Type", type);
    if (!token.empty())
      q.headers.emplace_back("Access-Token", token);
    return it.answer(q);
  }

  json say(const std::string& path, const std::string& body, const std::string& token = {}) {
    auto r = ask("POST", path, body, token);
    BOOST_TEST(r.status == 200);
    return json::parse(r.body);
  }
};

const std::string fine = R"({"text":"hi"})";

} // namespace

BOOST_FIXTURE_TEST_SUITE(dispatching, dispatcher_fixture)

BOOST_AUTO_TEST_CASE(a_reply_has_code_msg_and_fields) {
  auto r = say("/test/open", R"({"text":"hi","count":2})");
  BOOST_TEST(r == json::parse(R"({"code":200,"msg":"operation succeed","said":"hihi","user":""})"));
}

BOOST_AUTO_TEST_CASE(the_key_of_a_request_goes_to_who_keeps_what_he_answered) {
  auto token = sessions.open("ann");
  auto said = [&](const std::string& path, const std::string& key, const std::string& more = {}) {
    http::http_request q;
    q.method = "POST";
    q.path = path;
    q.body = R"({"text":"key"})" + more;
    q.headers = {{"Content-Type", "application/json"}, {"Access-Token", token}};
    if (!key.empty())
      q.headers.emplace_back("idempotency-key", key);
    auto reply = json::parse(it.answer(q).body);
    return reply.value("said", "code " + reply["code"].dump() + " " + reply.value("detail", ""));
  };
  auto first = said("/test/once", "k1");
  BOOST_TEST(first.starts_with("k1 "));
  BOOST_TEST(first.size() == 3u + 64u);
  BOOST_TEST(said("/test/once", "k1") == first);
  BOOST_TEST(said("/test/once", "k1", " ") != first);
  BOOST_TEST(said("/test/once", "") == " ");
  BOOST_TEST(said("/test/user", "k1") == " "); // There it means nothing.
  BOOST_TEST(said("/test/once", std::string(255, 'k')).starts_with("kkk"));
  for (const auto& key : {std::string(256, 'k'), std::string{"a b"}, std::string{"\x01"}})
    BOOST_TEST(said("/test/once", key).starts_with("code 1000 Idempotency-Key: must be "));
  const auto& document = it.openapi()["paths"];
  BOOST_TEST(document["/test/once"]["post"]["parameters"][0]["name"] == "Idempotency-Key");
  BOOST_TEST(!document["/test/user"]["post"].contains("parameters"));
}

BOOST_AUTO_TEST_CASE(a_reply_may_carry_its_own_code) {
  auto r = say("/test/open", R"({"text":"partly"})");
  BOOST_TEST(r["code"] == 206);
  BOOST_TEST(r["msg"] == "partial succeed");
}

BOOST_AUTO_TEST_CASE(errors_have_the_fixed_text_and_a_detail) {
  BOOST_TEST(
    say("/test/open", R"({"text":"twice"})") ==
    json::parse(R"({"code":1105,"msg":"data has existed","detail":"host_group_name: exists"})"));
  BOOST_TEST(say("/test/open", R"({"text":"late"})") ==
             json::parse(R"({"code":1001,"msg":"restful connection error"})"));
}

BOOST_AUTO_TEST_CASE(schema_comes_before_token) {
  BOOST_TEST(say("/test/user", R"({"txet":"hi"})")["code"] == 1000);
  BOOST_TEST(say("/test/user", R"({"txet":"hi"})")["detail"] == "txet: unknown field");
  BOOST_TEST(say("/test/user", fine)["code"] == 1201);
  BOOST_TEST(say("/test/user", fine, "nonsense")["code"] == 1201);
}

BOOST_AUTO_TEST_CASE(role_comes_before_the_forced_password_change) {
  auto ordinary = sessions.open("otto", rights::ordinary, true);
  BOOST_TEST(say("/test/admin", fine, ordinary)["code"] == 1207);
  BOOST_TEST(say("/test/user", fine, ordinary)["code"] == 1204);
  BOOST_TEST(say("/test/user", R"({"text":""})", ordinary)["code"] == 1000);
}

BOOST_AUTO_TEST_CASE(names_tell_what_only_reads) {
  using http::method;
  for (auto path : {"/a/get", "/a/get_list", "/a/count", "/a/query"})
    BOOST_TEST(!http::changes_by_name(method::post, path));
  BOOST_TEST(!http::changes_by_name(method::get, "/a/import"));
  for (auto path : {"/a/getter", "/a/get/import", "/a", "/a/execute", "/get/x"})
    BOOST_TEST(http::changes_by_name(method::post, path));
  BOOST_TEST(http::changes_by_name(method::remove, "/a/delete"));
}

BOOST_AUTO_TEST_CASE(a_token_that_may_only_read_changes_nothing) {
  auto reads = sessions.open_to_read("admin");
  auto reply = say("/test/user", fine, reads);
  BOOST_TEST(reply["code"] == 1207);
  BOOST_TEST(reply["detail"] == "the token may only read");
  BOOST_TEST(say("/test/user", fine, sessions.open("admin"))["code"] == 200);
  BOOST_TEST(say("/test/open", fine, reads)["code"] == 200); // Nobody is asked who he is.
}

BOOST_AUTO_TEST_CASE(what_is_refused_to_somebody_known_is_recorded) {
  std::string told;
  auto service = tests::sample_service(sessions);
  service.record =
    [&](const http::route& r, const caller& who, int code, const std::string& detail) {
      told +=
        r.path + " " + who.user + " " + who.address + " " + std::to_string(code) + detail + "\n";
    };
  for (auto& r : service.routes)
    r.is_recorded_here = r.path == "/test/pending";
  http::dispatcher telling{std::move(service)};
  auto post = [&](const std::string& path, const std::string& body, const std::string& token) {
    http::http_request q;
    q.method = "POST";
    q.path = path;
    q.body = body;
    q.address = "192.0.2.7";
    q.headers = {{"Content-Type", "application/json"}, {"Access-Token", token}};
    telling.answer(q);
  };
  auto otto = sessions.open("otto", rights::ordinary);
  post("/test/admin", fine, otto);
  post("/test/user", R"({"text":"twice"})", otto);
  post("/test/pending", fine, otto); // Nobody else keeps a record of it.
  BOOST_TEST(told == "/test/admin otto 192.0.2.7 1207\n"
                     "/test/user otto 192.0.2.7 1105host_group_name: exists\n"
                     "/test/pending otto 192.0.2.7 200\n");
  told.clear();
  post("/test/user", fine, otto);                  // Done.
  post("/test/user", R"({"text":""})", otto);      // Malformed.
  post("/test/user", R"({"text":"late"})", otto);  // Perhaps done.
  post("/test/user", fine, "nobody's");            // Who?
  post("/test/open", R"({"text":"twice"})", otto); // Nobody was asked who he is.
  BOOST_TEST(told == "");
}

BOOST_AUTO_TEST_CASE(a_session_with_the_default_password_may_only_change_it) {
  auto token = sessions.open("admin", rights::administrator, true);
  BOOST_TEST(say("/test/admin", fine, token)["code"] == 1204);
  BOOST_TEST(say("/test/user", fine, token)["code"] == 1204);
  BOOST_TEST(say("/test/pending", fine, token)["code"] == 200);
  BOOST_TEST(say("/test/open", fine, token)["code"] == 200);
}

BOOST_AUTO_TEST_CASE(what_a_pending_route_changed_shows_at_once) {
  auto token = sessions.open("admin", rights::administrator);
  BOOST_TEST(say("/test/user", fine, token)["code"] == 200);
  sessions.close(token);
  BOOST_TEST(say("/test/user", fine, token)["code"] == 200); // Remembered for a moment.
  BOOST_TEST(say("/test/pending", fine, token)["code"] == 200);
  BOOST_TEST(say("/test/user", fine, token)["code"] == 1201);
}

BOOST_AUTO_TEST_CASE(the_token_header_may_be_spelt_in_many_ways) {
  auto token = sessions.open("admin");
  for (auto name : {"access_token", "Access-Token", "ACCESS_TOKEN", "access-token"}) {
    http::http_request q;
    q.method = "POST";
    q.path = "/test/user";
    q.body = fine;
    q.headers = {{"content-type", "application/json; charset=utf-8"}, {name, token}};
    BOOST_TEST(json::parse(it.answer(q).body)["user"] == "admin");
  }
}

BOOST_AUTO_TEST_CASE(bodies_that_are_no_json_are_refused_by_http) {
  for (const auto& [body, type] : {std::pair{"{", "application/json"},
                                   {"", "application/json"},
                                   {R"({"text":"hi"})", "text/plain"},
                                   {R"({"text":"a","text":"b"})", "application/json"}}) {
    auto r = ask("POST", "/test/open", body, {}, type);
    BOOST_TEST(r.status == 400);
    auto j = json::parse(r.body);
    BOOST_TEST(j["code"] == 1000);
    BOOST_TEST(j["msg"] == "request parameter error");
    BOOST_TEST(!j["message"].get<std::string>().empty());
  }
}

BOOST_AUTO_TEST_CASE(a_body_may_be_absent_where_nothing_is_asked) {
  BOOST_TEST(say("/test/nothing", "")["code"] == 200);
  BOOST_TEST(say("/test/nothing", "{}")["code"] == 200);
  BOOST_TEST(say("/test/nothing", R"({"x":1})")["code"] == 1000);
}

BOOST_AUTO_TEST_CASE(delete_has_a_body_and_get_has_a_query) {
  auto token = sessions.open("admin");
  BOOST_TEST(json::parse(ask("DELETE", "/test/delete", fine, token).body)["said"] == "hi");
  http::http_request q;
  q.method = "GET";
  q.path = "/test/query";
  q.query = {{"text", "hi"}, {"count", "3"}};
  q.headers = {{"Access-Token", token}};
  BOOST_TEST(json::parse(it.answer(q).body)["said"] == "hihihi");
  q.query = {{"text", "\xff"}};
  BOOST_TEST(it.answer(q).status == 400);
}

BOOST_AUTO_TEST_CASE(unknown_paths_and_methods_are_http_errors) {
  BOOST_TEST(ask("POST", "/test/nowhere", fine).status == 404);
  BOOST_TEST(json::parse(ask("POST", "/test/nowhere", fine).body)["code"] == 1000);
  auto r = ask("PUT", "/test/open", fine);
  BOOST_TEST(r.status == 405);
  BOOST_TEST(json::parse(r.body)["message"] == "The method is not allowed for the requested URL.");
  BOOST_TEST(r.headers.at(0).second == "POST, OPTIONS");
}

BOOST_AUTO_TEST_CASE(the_client_behind_trusted_proxies_is_the_last_that_is_none) {
  std::string seen;
  bool was_secure = false;
  auto service = tests::sample_service(sessions);
  service.trusted_proxies = {"10.0.0.0/8", "2001:db8::1"};
  service.is_strict = true;
  service.pages.push_back({"/seen", "", [&](const http::page_context& c) {
                             seen = c.request.address;
                             was_secure = c.request.is_secure;
                             return http::http_response{};
                           }});
  http::dispatcher behind{std::move(service)};
  auto client = [&](const std::string& peer, const std::string& hops, const std::string& scheme) {
    http::http_request q;
    q.method = "GET";
    q.path = "/seen";
    q.address = peer;
    q.headers = {{"X-Forwarded-For", hops}, {"X-Forwarded-Proto", scheme}};
    auto r = behind.answer(q);
    bool is_strict = std::any_of(r.headers.begin(), r.headers.end(), [](const auto& h) {
      return h.first == "Strict-Transport-Security";
    });
    BOOST_TEST(is_strict == was_secure);
    return seen + (was_secure ? " secure" : "");
  };
  BOOST_TEST(client("10.1.2.3", "192.0.2.9", "https") == "192.0.2.9 secure");
  BOOST_TEST(client("10.1.2.3", "198.51.100.1, 192.0.2.9 , 10.9.9.9", "http") == "192.0.2.9");
  BOOST_TEST(client("2001:db8::1", "2001:db8::7", "") == "2001:db8::7");
  BOOST_TEST(client("10.1.2.3", "10.4.4.4", "http") == "10.4.4.4");
  BOOST_TEST(client("10.1.2.3", "192.0.2.9, nonsense", "http") == "10.1.2.3");
  BOOST_TEST(client("192.0.2.1", "203.0.113.5", "https") == "192.0.2.1"); // Nobody trusts it.
  // A proxy that adds a line of its own below the one that the client made up.
  http::http_request q;
  q.method = "GET";
  q.path = "/seen";
  q.address = "10.1.2.3";
  q.headers = {{"X-Forwarded-For", "203.0.113.66"}, {"x-forwarded-for", "192.0.2.9"}};
  (void)behind.answer(q);
  BOOST_TEST(seen == "192.0.2.9");
}

BOOST_AUTO_TEST_CASE(overload_is_429_with_code_1001) {
  auto r = ask("POST", "/test/open", R"({"text":"busy"})");
  BOOST_TEST(r.status == 429);
  BOOST_TEST(r.headers.at(0).first == "Retry-After");
  BOOST_TEST(json::parse(r.body)["code"] == 1001);
}

BOOST_AUTO_TEST_CASE(our_mistakes_are_logged_under_an_id_and_not_told) {
  for (auto text : {"throw", "fail"}) {
    log::capture captured;
    auto r = say("/test/open", json{{"text", text}}.dump());
    BOOST_TEST(r["code"] == 500);
    BOOST_TEST(r["msg"] == "internal server error");
    auto detail = r["detail"].get<std::string>();
    BOOST_TEST(detail.starts_with("error id "));
    BOOST_TEST(captured.count("request-failed") == 1);
    BOOST_TEST(captured.text().find(detail.substr(9)) != std::string::npos);
    BOOST_TEST(captured.text().find("a secret reason") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_member_that_a_document_lacks_fails_its_request_only) {
  log::capture captured;
  BOOST_TEST(say("/test/open", R"({"text":"no member"})")["code"] == 500);
  BOOST_TEST(captured.text().find("json.exception.other_error.599") != std::string::npos);
  BOOST_TEST(say("/test/open", fine)["said"] == "hi");
}

BOOST_AUTO_TEST_CASE(the_log_of_requests_holds_no_token_and_no_body) {
  auto token = sessions.open("admin");
  log::capture captured;
  say("/test/user", R"({"text":"hunter2"})", token);
  BOOST_TEST(captured.count("request") == 1);
  BOOST_TEST(captured.text().find("hunter2") == std::string::npos);
  BOOST_TEST(captured.text().find(token) == std::string::npos);
  BOOST_TEST(captured.text().find("192.0.2.7 POST /test/user") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(probes_and_metrics_answer) {
  BOOST_TEST(ask("GET", "/healthz", "").status == 200);
  BOOST_TEST(json::parse(ask("GET", "/readyz", "").body)["status"] == "ready");
  say("/test/open", fine);
  auto r = ask("GET", "/metrics", "");
  BOOST_TEST(r.body.find("aops_http_requests_total{code=\"200\",route=\"/test/open\"}") !=
             std::string::npos);
  BOOST_TEST(r.body.find("aops_http_request_seconds_bucket") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(readiness_tells_what_is_degraded) {
  auto what = tests::sample_service(sessions);
  http::readiness state{true, {"kafka: no broker answers"}};
  what.ready = [&] { return state; };
  http::dispatcher d{std::move(what)};
  http::http_request q;
  q.method = "GET";
  q.path = "/readyz";
  auto r = d.answer(q);
  BOOST_TEST(r.status == 200);
  BOOST_TEST(json::parse(r.body)["status"] == "degraded");
  BOOST_TEST(json::parse(r.body)["reasons"][0] == "kafka: no broker answers");
  state = {false, {"store"}};
  BOOST_TEST(d.answer(q).status == 503);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(documentation, dispatcher_fixture)

BOOST_AUTO_TEST_CASE(document_and_tables_are_equal_in_both_directions) {
  std::set<std::string> in_tables, in_document;
  const auto& what = it.what();
  for (const auto& r : what.routes)
    in_tables.insert(std::string{to_string(r.verb)} + ' ' + r.path);
  for (const auto& r : what.streams)
    in_tables.insert("GET " + r.path);
  auto shown = [](std::string path) {
    return path.ends_with("/*") ? path.replace(path.size() - 1, 1, "{rest}") : path;
  };
  for (const auto& p : what.pages)
    in_tables.insert("GET " + shown(p.path));
  for (const auto& f : what.files)
    in_tables.insert("GET " + shown(f.path));
  for (const auto& [path, verbs] : it.openapi()["paths"].items())
    for (const auto& [verb, op] : verbs.items()) {
      std::string upper = verb;
      std::transform(upper.begin(), upper.end(), upper.begin(), ::toupper);
      in_document.insert(upper + ' ' + path);
    }
  BOOST_TEST(in_tables == in_document);
}

BOOST_AUTO_TEST_CASE(every_reference_of_the_document_resolves) {
  std::vector<const json*> open = {&it.openapi()};
  size_t references = 0;
  while (!open.empty()) {
    const auto& x = *open.back();
    open.pop_back();
    if (x.is_object() && x.contains("$ref")) {
      auto pointer = x["$ref"].get<std::string>().substr(1);
      BOOST_TEST(it.openapi().contains(json::json_pointer{pointer}));
      ++references;
    }
    if (x.is_structured())
      for (const auto& item : x)
        open.push_back(&item);
  }
  BOOST_TEST(references > 10u);
}

BOOST_AUTO_TEST_CASE(the_document_says_who_may_and_what_is_asked) {
  const auto& paths = it.openapi()["paths"];
  BOOST_TEST(paths["/test/open"]["post"]["security"] == json::array());
  BOOST_TEST(paths["/test/admin"]["post"]["description"] == "Administrators only.");
  BOOST_TEST(paths["/test/query"]["get"]["parameters"][1]["name"] == "text");
  BOOST_TEST(paths["/test/query"]["get"]["parameters"][1]["required"] == true);
  BOOST_TEST(paths["/test/nothing"]["post"]["requestBody"]["required"] == false);
}

BOOST_AUTO_TEST_CASE(a_reply_is_its_message_or_an_error_and_nothing_else) {
  const auto& schemas = it.openapi()["components"]["schemas"];
  const auto& content = it.openapi()["paths"]["/test/open"]["post"]["responses"]["200"]["content"];
  const auto& any = content["application/json"]["schema"]["anyOf"];
  BOOST_REQUIRE(any.size() == 2u);
  BOOST_TEST(any[0]["$ref"] == "#/components/schemas/echo_reply");
  BOOST_TEST(any[1]["$ref"] == "#/components/schemas/envelope");
  BOOST_TEST(schemas["echo_reply"]["required"] == json({"said", "user", "code", "msg"}));
  BOOST_TEST(schemas["echo_reply"]["additionalProperties"] == false);
  // A success without its fields must not pass for an error.
  const auto& codes = schemas["envelope"]["properties"]["code"]["enum"];
  for (auto code : codes)
    BOOST_TEST((code != 200 && code != 206));
  BOOST_TEST((std::find(codes.begin(), codes.end(), 1201) != codes.end()));
}

BOOST_AUTO_TEST_CASE(every_operation_has_a_name_of_its_own) {
  std::set<std::string> names;
  size_t operations = 0;
  for (const auto& [path, verbs] : it.openapi()["paths"].items())
    for (const auto& [verb, op] : verbs.items()) {
      ++operations;
      names.insert(op["operationId"].get<std::string>());
    }
  BOOST_TEST(names.size() == operations);
}

BOOST_AUTO_TEST_CASE(the_human_page_takes_answers_without_contents) {
  // As of senders that are told nothing when all is well.
  auto document = json::parse(
    R"({"paths": {"/write": {"post": {"tags": ["t"], "responses": {"204": {"description": "ok"}}}}},
    "components": {"schemas": {}}})");
  BOOST_TEST(http::docs_page(document, "style").find("POST/write") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_human_page_names_every_path) {
  auto page = ask("GET", "/docs", "").body;
  for (const auto& [path, verbs] : it.openapi()["paths"].items())
    BOOST_TEST(page.find(path) != page.npos);
  BOOST_TEST(page.find("What to say.") != page.npos);
  // Nothing is loaded from elsewhere.
  BOOST_TEST(page.find("src=") == page.npos);
  auto at = page.find("href=\"docs/style.");
  BOOST_REQUIRE(at != page.npos);
  at += 6;
  BOOST_TEST(ask("GET", "/" + page.substr(at, page.find('"', at) - at), "").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace dispatcher_test
