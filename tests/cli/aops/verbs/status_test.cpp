#include "cli/aops/report/status_text.hpp"
#include "tests/cli/aops/support/command_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace status_test {

using namespace aops;
using namespace aops::cli;
using tests::id1;

namespace {

constexpr int64_t now_s = 1709294400;

json alert(const std::string& id,
           const std::string& item,
           const std::string& value,
           const std::string& severity,
           int64_t age_s,
           json labels = json::object(),
           const std::string& reason = "") {
  return {{"alert_id", id},
          {"host_id", id1},
          {"host_name", "web2"},
          {"check_item", item},
          {"labels", std::move(labels)},
          {"value", value},
          {"severity", severity},
          {"firing", value == "Abnormal"},
          {"since", now_s - age_s},
          {"reason", reason}};
}

json page(json alerts) {
  auto n = alerts.size();
  return {{"total_count", n}, {"total_page", 1}, {"alerts", std::move(alerts)}};
}

struct status_fixture : tests::command_fixture {
  status_fixture() {
    node.answer("/check/status/count",
                {{"online", 2},
                 {"offline", 1},
                 {"unknown", 0},
                 {"critical", 1},
                 {"warning", 0},
                 {"info", 0},
                 {"no_data", 5},
                 {"internal_error", 1},
                 {"silent", 1},
                 {"silent_hosts",
                  json::array({{{"host_id", "2"},
                                {"host_name", "web3"},
                                {"status", "offline"},
                                {"status_since", now_s - 600},
                                {"scrape_error", "exporter refused the connection"},
                                {"no_data", 5}}})}});
    node.answer(
      "/check/status/get",
      page(json::array(
        {alert("1", "disk-full", "Abnormal", "critical", 301, {{"mountpoint", "/var"}}),
         alert("2", "broken", "Internal error", "warning", 7200, {}, "division by zero")})));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_status, status_fixture)

BOOST_AUTO_TEST_CASE(labels_stand_as_in_reports_whatever_they_hold) {
  auto row = alert("1", "slow", "Abnormal", "critical", 301, {{"query", "say \"hi\""}});
  BOOST_TEST(alert_line(row, now_s, {}) == R"(critical  web2  slow{query="say \"hi\""}  since 5m)");
}

BOOST_AUTO_TEST_CASE(a_summary_comes_first_then_alerts_then_silent_hosts_then_the_rest) {
  io.out_is_terminal = true;
  variables["NO_COLOR"] = "1";
  BOOST_TEST(run({"status"}) == 0);
  BOOST_TEST(out.str() ==
             "hosts: 2 online, 1 offline; alerts: 1 critical; rules: 5 without data, 1 not judged\n"
             "critical  web2  disk-full{mountpoint=\"/var\"}  since 5m\n"
             "No data   web3  5 rules  offline since 10m  exporter refused the connection\n"
             "Internal error  web2  broken  since 2h  division by zero\n");
  BOOST_TEST(sent("/check/status/get") == json({{"fold", true}, {"page", 1}, {"per_page", 1000}}));
}

BOOST_AUTO_TEST_CASE(hosts_that_were_reached_elsewhere_are_not_those_that_never_were) {
  auto summary = [](json counts) { return status_summary(counts, {}); };
  BOOST_TEST(summary({{"unknown", 2}}) == "hosts: 2 never reached; alerts: none");
  BOOST_TEST(summary({{"unknown", 3}, {"moved", 1}}) ==
             "hosts: 1 not reached since their address changed, 2 never reached; alerts: none");
  BOOST_TEST(summary({{"unknown", 1}, {"moved", 1}}) ==
             "hosts: 1 not reached since their address changed; alerts: none");
}

BOOST_AUTO_TEST_CASE(in_a_pipe_it_is_json) {
  BOOST_TEST(run({"status"}) == 0);
  BOOST_TEST(printed()["counts"]["critical"] == 1);
  BOOST_TEST(!printed()["counts"].contains("code"));
  BOOST_TEST(printed()["alerts"][0]["labels"]["mountpoint"] == "/var");
  BOOST_TEST(run({"status", "-o", "table"}) == 0);
  BOOST_TEST(out.str().starts_with("hosts: 2 online"));
}

BOOST_AUTO_TEST_CASE(the_exit_code_says_whether_there_are_alerts_when_asked) {
  BOOST_TEST(run({"status", "--exit-code"}) == 10);
  BOOST_TEST(run({"check", "--firing", "--exit-code"}) == 10);
  node.answer("/check/status/get", page(json::array()));
  node.answer("/check/status/count", {{"online", 1}, {"critical", 0}});
  BOOST_TEST(run({"status", "--exit-code"}) == 10); // The node still gives its first answers.
  BOOST_TEST(run({"status", "--exit-code"}) == 0);
  BOOST_TEST(run({"check", "--firing", "--exit-code"}) == 0);
  node.answer("/check/status/get", {{"code", 1101}, {"msg", "connect to database error"}});
  BOOST_TEST(run({"status", "--exit-code"}) == 0);
  BOOST_TEST(run({"status", "--exit-code"}) == 1);
}

BOOST_AUTO_TEST_CASE(hosts_and_severities_are_chosen) {
  know_hosts();
  BOOST_TEST(run({"status", "web1", "--severity", "critical,warning"}) == 0);
  BOOST_TEST(sent("/check/status/get")["host_list"] == json({id1}));
  BOOST_TEST(sent("/check/status/get")["severity"] == json({"critical", "warning"}));
  BOOST_TEST(sent("/check/status/count")["host_list"] == json({id1}));
}

BOOST_AUTO_TEST_CASE(nothing_is_cut_without_a_word) {
  auto some = page(json::array({alert("1", "a", "Abnormal", "info", 1)}));
  some["total_count"] = 1200;
  node.answer("/check/status/get", some);
  BOOST_TEST(run({"check", "--firing", "-o", "table"}) == 0);
  BOOST_TEST(run({"check", "--firing", "-o", "table"}) == 0);
  BOOST_TEST(told("1 of 1200 are shown"));
}

BOOST_AUTO_TEST_CASE(check_shows_what_is_open_now) {
  BOOST_TEST(run({"check",
                  "--firing",
                  "--severity",
                  "critical",
                  "--check_items",
                  "disk-full",
                  "-o",
                  "table"}) == 0);
  BOOST_TEST(sent("/check/status/get") == json({{"check_items", {"disk-full"}},
                                                {"severity", {"critical"}},
                                                {"firing", true},
                                                {"page", 1},
                                                {"per_page", 1000}}));
  BOOST_TEST(shown("critical  web2  disk-full{mountpoint=\"/var\"}  since 5m\n"));
  BOOST_TEST(run({"check", "--firing"}) == 0);
  BOOST_TEST(printed()["alerts"].size() == 2u);
  BOOST_TEST(run({"check", "--firing", "--last", "1h"}) == 2);
  BOOST_TEST(told("go without --last"));
}

BOOST_AUTO_TEST_CASE(following_tells_what_begins_and_ends) {
  node.answer("/check/status/get",
              page(json::array({alert("3", "cpu", "Abnormal", "warning", 0),
                                alert("2", "broken", "Internal error", "warning", 7200)})));
  node.answer("/check/status/get", {{"code", 1101}, {"msg", "connect to database error"}});
  BOOST_TEST(run({"check", "--follow", "-o", "table"}) == 1);
  auto text = out.str();
  auto place = [&](std::string_view what) { return text.find(what); };
  BOOST_TEST(place("began  Internal error  web2  broken") < place("began  critical  web2  disk"));
  BOOST_TEST(place("began  critical  web2  disk") < place("ended  critical  web2  disk"));
  BOOST_TEST(place("ended  critical  web2  disk") < place("began  warning   web2  cpu"));
  BOOST_TEST(place("began  warning   web2  cpu") != std::string::npos);
  BOOST_TEST(waited_ms == 4000);
}

BOOST_AUTO_TEST_CASE(watching_looks_again) {
  node.answer("/check/status/get", {{"code", 1101}, {"msg", "connect to database error"}});
  BOOST_TEST(run({"status", "--watch", "-o", "table"}) == 1);
  BOOST_TEST(waited_ms == 2000);
}

BOOST_AUTO_TEST_CASE(results_come_newest_first_where_people_look) {
  node.answer("/check/result/get", {{"check_result", json::array()}});
  BOOST_TEST(run({"check", "-o", "table"}) == 0);
  BOOST_TEST(sent("/check/result/get")["sort"] == "start");
  BOOST_TEST(sent("/check/result/get")["direction"] == "desc");
  BOOST_TEST(run({"check", "-o", "table", "--sort", "end"}) == 0);
  BOOST_TEST(sent("/check/result/get")["direction"] == "asc");
}

BOOST_AUTO_TEST_CASE(receivers_are_listed_and_tested) {
  node.answer(
    "/notify/receivers",
    {{"receivers",
      json::array({{{"name", "oncall"}, {"severities", {"critical"}}, {"waiting", 2}}})}});
  BOOST_TEST(run({"notify", "list", "-o", "table"}) == 0);
  BOOST_TEST(shown("oncall"));
  node.answer("/notify/test", {{"name", "oncall"}, {"status", 204}});
  BOOST_TEST(run({"notify", "test", "oncall"}) == 0);
  BOOST_TEST(sent("/notify/test") == json({{"name", "oncall"}}));
  node.answer("/notify/test", {{"code", 1001}, {"msg", "restful connection error"}});
  run({"notify", "test", "oncall"});
  BOOST_TEST(run({"notify", "test", "oncall"}) == 1);
}

BOOST_AUTO_TEST_CASE(silences_are_added_listed_and_ended) {
  node.answer("/check/silence/add", {{"silence_id", "s1"}, {"state", "active"}});
  BOOST_TEST(run({"silence",
                  "add",
                  "new disk",
                  "--host_list",
                  "web1,web2",
                  "--matchers",
                  "alertname=disk,mountpoint=~/var.*",
                  "--lasts",
                  "1h30m"}) == 0,
             err.str());
  BOOST_TEST(sent("/check/silence/add") ==
             json({{"comment", "new disk"},
                   {"host_list", {"web1", "web2"}},
                   {"matchers", {"alertname=disk", "mountpoint=~/var.*"}},
                   {"duration_s", 5400}}));
  BOOST_TEST(run({"silence", "add", "c", "--host_list", "web1", "--end", "tomorrow"}) == 1);
  BOOST_TEST(err.str().find("--end: ") != std::string::npos);
  node.answer("/check/silence/get",
              {{"silence_infos", json::array({{{"silence_id", "s1"}, {"state", "active"}}})}});
  BOOST_TEST(run({"silence", "list", "--ended", "false", "-o", "table"}) == 0);
  BOOST_TEST(sent("/check/silence/get")["ended"] == false);
  BOOST_TEST(shown("s1"));
  node.answer("/check/silence/end", {{"code", 200}});
  BOOST_TEST(run({"silence", "end", "s1"}) == 0);
  BOOST_TEST(sent("/check/silence/end") == json({{"silence_list", {"s1"}}}));
  BOOST_TEST(run({"silence", "end", "s2"}) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace status_test
