#include "http/routes/query_parameters.hpp"
#include "http/routes/query_routes.hpp"
#include "http/routes/query_targets.hpp"
#include "messages/names.hpp"
#include "messages/roles/query.hpp"
#include "runtime/base/base64.hpp"
#include "tests/http/support/sample_service.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>

namespace query_routes_test {

using namespace aops;
using http::json;

namespace {

http::http_request with_query(http::text_pairs query) {
  http::http_request q;
  q.query = std::move(query);
  return q;
}

std::string shown(const expected<int64_t>& x) { return x ? std::to_string(*x) : x.error().detail; }

/// The query API over actors that are one scripted answer.
struct query_fixture {
  query_fixture() {
    http::node_port port = [this](std::string_view name,
                                  std::chrono::milliseconds deadline,
                                  caf::message request) -> expected<caf::message> {
      asked = name;
      patience = deadline;
      last = std::move(request);
      return answer;
    };
    auto s = ::tests::sample_service(sessions);
    s.foreign = http::query_routes(port, {9100, 15'000, 10'000, "0.1"});
    it.emplace(std::move(s));
  }

  http::http_response
  say(const std::string& method, const std::string& path, http::text_pairs query = {}) {
    http::http_request q;
    q.method = method;
    q.path = "/api/v1/" + path;
    q.query = std::move(query);
    q.headers = headers;
    return it->answer(q);
  }

  /// Status and type of an error.
  std::string refused(const std::string& path, http::text_pairs query = {}) {
    auto r = say("GET", path, std::move(query));
    auto body = json::parse(r.body);
    return std::to_string(r.status) + " " + body.value("errorType", "") + ": " +
           body.value("error", "");
  }

  ::tests::sessions_by_hand sessions;
  std::string token = sessions.open_to_read("admin");
  http::text_pairs headers{{"Access-Token", token}};
  expected<caf::message> answer = caf::make_message(query_answer{"[1]", {}, {}});
  std::string asked;
  std::chrono::milliseconds patience{0};
  caf::message last;
  std::optional<http::dispatcher> it;
};

} // namespace

BOOST_AUTO_TEST_SUITE(query_parameters)

BOOST_AUTO_TEST_CASE(times_are_unix_seconds_or_rfc_3339) {
  auto is = [](std::string_view text, const std::string& wanted) {
    BOOST_TEST(shown(http::parse_query_time(text)) == wanted, text);
  };
  is("0", "0");
  is("1700000000.1234", "1700000000123");
  is("-1.5", "-1500");
  is("1e3", "1000000");
  is("1970-01-01T00:00:00Z", "0");
  is("2023-11-14T22:13:20.5Z", "1700000000500");
  is("2023-11-15T06:13:20+08:00", "1700000000000");
  is("2024-02-29T00:00:00-00:30", "1709166600000");
  for (std::string_view bad : {"",
                               "x",
                               "1x",
                               "nan",
                               "inf",
                               "1e300",
                               "2023-02-29T00:00:00Z",
                               "2023-13-01T00:00:00Z",
                               "2023-01-01T24:00:00Z",
                               "2023-01-01T00:00:00",
                               "2023-01-01",
                               "2023-01-01T00:00:00.Z",
                               "2023-01-01T00:00:00Zx"})
    is(bad, "cannot parse \"" + std::string{bad} + "\" to a valid timestamp");
}

BOOST_AUTO_TEST_CASE(durations_are_seconds_or_have_units) {
  auto is = [](std::string_view text, const std::string& wanted) {
    BOOST_TEST(shown(http::parse_query_duration(text)) == wanted, text);
  };
  is("15", "15000");
  is("0.25", "250");
  is("1h30m", "5400000");
  is("1y2w3d4h5m6s7ms", "33019506007");
  for (std::string_view bad : {"", "h", "-1h", "1m1h", "1s1s", "5 m", "99999999999999999y"})
    is(bad, "cannot parse \"" + std::string{bad} + "\" to a valid duration");
  is("1e300", "cannot parse \"1e300\" to a valid duration. It overflows int64");
}

BOOST_AUTO_TEST_CASE(ranges_have_bounds) {
  auto why = [](http::text_pairs query) {
    auto x = http::range_of(with_query(std::move(query)));
    return x ? std::string{} : x.error().detail;
  };
  BOOST_TEST(why({{"start", "0"}, {"end", "11000"}, {"step", "1"}}) == "");
  BOOST_TEST(why({{"start", "0"}, {"end", "11001"}, {"step", "1"}}) ==
             "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the "
             "query resolution (?step=XX)");
  BOOST_TEST(why({{"end", "1"}, {"step", "1"}}) ==
             "invalid parameter \"start\": cannot parse \"\" to a valid timestamp");
  BOOST_TEST(why({{"start", "2"}, {"end", "1"}, {"step", "1"}}) ==
             "invalid parameter \"end\": end timestamp must not be before start time");
  BOOST_TEST(why({{"start", "0"}, {"end", "1"}, {"step", "0"}}) ==
             "invalid parameter \"step\": zero or negative query resolution step widths are not "
             "accepted. Try a positive integer");
  BOOST_TEST(why({{"start", "0"}, {"end", "1"}}) ==
             "invalid parameter \"step\": cannot parse \"\" to a valid duration");
}

BOOST_AUTO_TEST_CASE(limits_are_whole_numbers) {
  auto limit = [](const char* text) {
    return shown(http::limit_parameter(with_query({{"limit", text}})));
  };
  BOOST_TEST(limit("7") == "7");
  BOOST_TEST(limit("") == "0");
  BOOST_TEST(limit("-1") == "invalid parameter \"limit\": limit must be non-negative");
  BOOST_TEST(limit("x") ==
             "invalid parameter \"limit\": strconv.Atoi: parsing \"x\": invalid syntax");
}

BOOST_AUTO_TEST_CASE(names_in_paths_may_be_escaped) {
  auto name = [](std::string_view text) { return http::label_in_path(text).value_or("?"); };
  BOOST_TEST(name("job") == "job");
  BOOST_TEST(name("U__cpu_2e_load__1") == "cpu.load_1");
  BOOST_TEST(name("U__h_e9_") == "h\xC3\xA9");
  BOOST_TEST(name("U__a_2e") == "?");
  BOOST_TEST(name("U__a_zz_") == "?");
  BOOST_TEST(name("U__a_d800_") == "?");
  BOOST_TEST(name("") == "?");
  BOOST_TEST(name("a/b") == "?");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(http_query_routes, query_fixture)

BOOST_AUTO_TEST_CASE(a_query_is_asked_with_its_bounds) {
  answer = caf::make_message(query_answer{"{\"x\":1}", {"w\"1"}, {"i"}});
  auto r = say("GET",
               "query",
               {{"query", "up"},
                {"time", "12.5"},
                {"timeout", "3s"},
                {"limit", "4"},
                {"lookback_delta", "1m"}});
  BOOST_TEST(r.status == 200);
  BOOST_TEST(r.body == R"({"status":"success","data":{"x":1},"warnings":["w\"1"],"infos":["i"]})");
  BOOST_TEST(asked == actors::queries_name);
  BOOST_REQUIRE((last.match_elements<caller, query_at>()));
  const auto& x = last.get_as<query_at>(1);
  BOOST_TEST(x.text == "up");
  BOOST_TEST(x.time_ms == 12'500);
  BOOST_TEST(x.within.timeout_ms == 3000);
  BOOST_TEST(x.within.most == 4);
  BOOST_TEST(x.within.lookback_ms == 60'000);
  BOOST_TEST(patience.count() == 5000);
}

BOOST_AUTO_TEST_CASE(nobody_may_ask_for_longer_than_a_minute) {
  say("POST", "query", {{"query", "up"}, {"timeout", "1h"}});
  BOOST_REQUIRE((last.match_elements<caller, query_at>()));
  BOOST_TEST(last.get_as<query_at>(1).within.timeout_ms == most_query_ms);
  say("POST", "query", {{"query", "up"}, {"timeout", "-5"}});
  BOOST_TEST(last.get_as<query_at>(1).within.timeout_ms == 1);
}

BOOST_AUTO_TEST_CASE(each_path_asks_for_its_own) {
  say("POST", "query_range", {{"query", "up"}, {"start", "1"}, {"end", "3"}, {"step", "1s"}});
  BOOST_REQUIRE((last.match_elements<caller, query_over>()));
  BOOST_TEST(last.get_as<query_over>(1).end_ms == 3000);
  say("GET", "series", {{"match[]", "up"}, {"match[]", "load"}});
  BOOST_REQUIRE((last.match_elements<caller, series_to_list>()));
  BOOST_TEST(last.get_as<series_to_list>(1).match.size() == 2u);
  say("GET", "labels", {{"limit", "3"}});
  BOOST_REQUIRE((last.match_elements<caller, label_names_to_list>()));
  say("GET", "label/job/values");
  BOOST_REQUIRE((last.match_elements<caller, label_values_to_list>()));
  BOOST_TEST(last.get_as<label_values_to_list>(1).label == "job");
  say("GET", "metadata", {{"metric", "up"}});
  BOOST_REQUIRE((last.match_elements<caller, metrics_to_list>()));
  say("POST", "format_query", {{"query", "a/b"}});
  BOOST_REQUIRE((last.match_elements<caller, query_to_format>()));
}

BOOST_AUTO_TEST_CASE(errors_are_told_as_prometheus_tells_them) {
  BOOST_TEST(refused("query", {{"query", "up"}, {"time", "x"}}) ==
             "400 bad_data: invalid parameter \"time\": cannot parse \"x\" to a valid timestamp");
  BOOST_TEST(refused("series") == "400 bad_data: no match[] parameter provided");
  BOOST_TEST(refused("label/job") == "404 not_found: there is nothing at this path");
  auto with = [&](ec code) {
    answer = fail(code, "why");
    return refused("query", {{"query", "up"}});
  };
  BOOST_TEST(with(ec::bad_request) == "400 bad_data: why");
  BOOST_TEST(with(ec::query_failed) == "422 execution: why");
  BOOST_TEST(with(ec::timed_out) == "503 timeout: why");
  BOOST_TEST(with(ec::overloaded) == "503 unavailable: why");
  BOOST_TEST(with(ec::store_unreachable) == "503 unavailable: why");
  BOOST_TEST(with(ec::internal).starts_with("500 internal: error id "));
  auto r = say("DELETE", "query");
  BOOST_TEST(r.status == 405);
  BOOST_TEST(say("POST", "rules").status == 405);
}

BOOST_AUTO_TEST_CASE(clients_prove_themselves_by_token_or_password) {
  auto basic = [](const std::string& pair) { return "Basic " + base::to_base64(pair); };
  auto with = [&](http::text_pairs h) {
    headers = std::move(h);
    return say("POST", "query", {{"query", "up"}}).status;
  };
  BOOST_TEST(with({{"Authorization", "Bearer " + token}}) == 200);
  BOOST_TEST(with({{"authorization", "bearer " + token}}) == 200);
  BOOST_TEST(with({{"Authorization", basic("admin:" + token)}}) == 200);
  BOOST_TEST(with({{"Authorization", basic(":" + token)}}) == 200);
  BOOST_TEST(with({{"Authorization", basic("eve:" + token)}}) == 401);
  BOOST_TEST(with({{"Authorization", basic("admin:wrong")}}) == 401);
  BOOST_TEST(with({{"Authorization", "Basic x"}}) == 401);
  BOOST_TEST(with({{"Authorization", "Digest x"}}) == 401);
  BOOST_TEST(with({}) == 401);
  headers.clear();
  BOOST_TEST(refused("status/buildinfo").starts_with("401 unauthorized"));
  headers = {{"Access-Token", sessions.open("ann", rights::administrator, true)}};
  BOOST_TEST(refused("query", {{"query", "up"}}).starts_with("403 forbidden"));
}

BOOST_AUTO_TEST_CASE(the_document_has_them) {
  http::http_request q;
  q.method = "GET";
  q.path = "/openapi.json";
  auto paths = json::parse(it->answer(q).body)["paths"];
  BOOST_TEST(paths["/api/v1/query"].contains("post"));
  BOOST_TEST(paths["/api/v1/query"]["get"]["parameters"][0]["name"] == "query");
  BOOST_TEST(paths["/api/v1/label/{rest}"]["get"]["parameters"][0]["in"] == "path");
  BOOST_TEST(!paths["/api/v1/rules"].contains("post"));
  q.path = "/docs";
  BOOST_TEST(it->answer(q).body.find("POST/api/v1/query_range") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(query_targets)

BOOST_AUTO_TEST_CASE(times_of_json_are_rfc_3339) {
  BOOST_TEST(http::rfc3339_text(0) == "0001-01-01T00:00:00Z");
  BOOST_TEST(http::rfc3339_text(1'700'000'000'000) == "2023-11-14T22:13:20Z");
  BOOST_TEST(http::rfc3339_text(1'700'000'000'005) == "2023-11-14T22:13:20.005Z");
}

BOOST_AUTO_TEST_CASE(hosts_are_targets) {
  host_info host;
  host.host_id = "h";
  host.host_name = "web 1";
  host.public_ip = "::1";
  host.status = "online";
  http::scraping_facts facts{9100, 1500, 10'000, "0"};
  auto x = http::target_json(host, {1'700'000'000'000, 0.25}, facts);
  BOOST_TEST(x["scrapeUrl"] == "http://[::1]:9100/metrics");
  BOOST_TEST(x["labels"]["instance"] == "[::1]:9100");
  BOOST_TEST(x["labels"]["host"] == "web 1");
  BOOST_TEST(x["health"] == "up");
  BOOST_TEST(x["lastScrape"] == "2023-11-14T22:13:20Z");
  BOOST_TEST(x["scrapeInterval"] == "1500ms");
  BOOST_TEST(x["scrapeTimeout"] == "10s");
  host.scrape_error = "connection refused";
  BOOST_TEST(http::target_json(host, {}, facts)["health"] == "down");
  BOOST_TEST(http::target_json(host, {}, facts)["lastError"] == "connection refused");
  host.status = "unknown";
  BOOST_TEST(http::target_json(host, {}, facts)["health"] == "unknown");
}

BOOST_AUTO_TEST_CASE(rules_show_their_alerts) {
  check_rule hot, cold;
  hot.check_item = "hot";
  hot.condition = "$0 > 1";
  hot.for_ = "5m";
  hot.description = "It is.";
  cold.check_item = "cold";
  alert_info alert;
  alert.host_id = "h";
  alert.check_item = "hot";
  alert.severity = "critical";
  alert.labels = {{"disk", "sda"}};
  alert.since = {1'700'000'000'000};
  host_info host;
  host.host_id = "h";
  host.host_name = "web";
  host.public_ip = "192.0.2.1";
  http::hosts_by_id hosts{{"h", host}};
  http::scraping_facts facts{9100, 15'000, 10'000, "0"};
  auto group = http::rules_json({cold, hot}, {alert}, hosts, {}, facts)["groups"][0];
  BOOST_TEST(group["interval"] == 15.0);
  BOOST_TEST(group["rules"][0]["state"] == "inactive");
  const auto& rule = group["rules"][1];
  BOOST_TEST(rule["state"] == "firing");
  BOOST_TEST(rule["duration"] == 300.0);
  BOOST_TEST(rule["annotations"]["description"] == "It is.");
  BOOST_TEST(rule["alerts"][0]["labels"].dump() ==
             R"({"alertname":"hot","disk":"sda","host":"web","host_id":"h",)"
             R"("instance":"192.0.2.1:9100","job":"node","severity":"critical"})");
  BOOST_TEST(rule["alerts"][0]["activeAt"] == "2023-11-14T22:13:20Z");
  BOOST_TEST(http::rules_json(
               {hot}, {alert}, hosts, {"", {}, true}, facts)["groups"][0]["rules"][0]["alerts"]
               .empty());
  BOOST_TEST(http::rules_json({hot}, {}, hosts, {"record", {}, false}, facts)["groups"].empty());
  BOOST_TEST(http::rules_json({hot}, {}, hosts, {"", {"x"}, false}, facts)["groups"].empty());
}

BOOST_AUTO_TEST_CASE(rules_of_groups_stand_in_their_groups) {
  check_rule plain, second, first;
  plain.check_item = "plain";
  second.check_item = "High#2";
  second.condition = "a > 1";
  second.group = "node";
  second.position = 7;
  second.labels = {{"alertname", "High"}, {"team", "ops"}};
  second.annotations = {{"summary", "is {{ $value }}"}};
  first.check_item = first.record = "a:rate";
  first.condition = "rate(a[5m])";
  first.group = "node";
  first.position = 0;
  first.labels = {{"kind", "x"}};
  http::scraping_facts facts{9100, 15'000, 10'000, "0"};
  auto groups = http::rules_json({second, plain, first}, {}, {}, {}, facts)["groups"];
  BOOST_REQUIRE(groups.size() == 2u);
  BOOST_TEST(groups[0]["name"] == "aops");
  BOOST_TEST(groups[1]["name"] == "node");
  const auto& rules = groups[1]["rules"];
  BOOST_TEST(rules[0]["type"] == "recording");
  BOOST_TEST(rules[0]["name"] == "a:rate");
  BOOST_TEST(rules[0]["labels"]["kind"] == "x");
  BOOST_TEST(rules[1]["type"] == "alerting");
  BOOST_TEST(rules[1]["name"] == "High");
  BOOST_TEST(rules[1]["labels"].dump() == R"({"severity":"warning","team":"ops"})");
  BOOST_TEST(rules[1]["annotations"]["summary"] == "is {{ $value }}");
  auto recording = http::rules_json({second, plain, first}, {}, {}, {"record", {}, false}, facts);
  BOOST_REQUIRE(recording["groups"].size() == 1u);
  BOOST_TEST(recording["groups"][0]["rules"].size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace query_routes_test
