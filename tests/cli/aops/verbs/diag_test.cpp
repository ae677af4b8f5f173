#include "tests/cli/aops/support/canned_node.hpp"
#include "tests/cli/aops/support/sample_report.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace diag_test {

using namespace aops;
using namespace aops::cli;
using tests::canned_node;

namespace {

constexpr const char* host = "00000000000000000000000000000001";

struct fixture : tests::test_console {
  fixture() {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
    variables["AOPS_URL"] = node.url();
    variables["AOPS_ACCESS_TOKEN"] = "t";
    node.answer("/diag/execute", {{"task_id", "k1"}, {"expected_report_num", 4}});
    node.answer("/diag/report/get_list", {{"total_count", 1}, {"result", json::array({row()})}});
  }
  static json row() {
    auto r = tests::sample_report();
    return {{"host_id", r["host_id"]},
            {"tree_name", r["tree_name"]},
            {"task_id", "k1"},
            {"report_id", r["report_id"]},
            {"start", r["start"]},
            {"end", r["end"]}};
  }
  canned_node node;
  bool told(std::string_view what) const { return err.str().find(what) != std::string::npos; }
  json sent(const std::string& path) const { return node.last(path).body; }
  size_t count(const std::string& path) const {
    auto all = node.seen();
    return static_cast<size_t>(
      std::count_if(all.begin(), all.end(), [&](const auto& q) { return q.path == path; }));
  }
  std::vector<std::string> diag(std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {"diag",
                                      "--tree_list",
                                      "slow_host",
                                      "--host_list",
                                      host,
                                      "--start",
                                      "20240301-11:00:00",
                                      "--end",
                                      "20240301-11:04:00",
                                      "--interval",
                                      "60"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

constexpr const char* done_event =
  "event: done\ndata: "
  "{\"task_id\":\"k1\",\"progress\":4,\"expected_report_num\":4,\"state\":\"done\"}\n\n";

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_diag, fixture)

BOOST_AUTO_TEST_CASE(a_diagnosis_is_submitted_followed_and_its_reports_are_listed) {
  node.stream("/diag/progress/stream",
              std::string{": hello\n\nevent: progress\ndata: "
                          "{\"task_id\":\"k1\",\"progress\":2,\"expected_report_num\":4}\n\n"} +
                done_event);
  BOOST_TEST(run(diag()) == 0);
  json wanted = {{"host_list", {host}},
                 {"time_range", {1709290800, 1709291040}},
                 {"tree_list", {"slow_host"}},
                 {"interval", 60}};
  BOOST_TEST(sent("/diag/execute") == wanted);
  BOOST_TEST(sent("/diag/report/get_list") == json({{"task_id", "k1"}}));
  BOOST_TEST(printed()["result"][0]["report_id"] == "00000000000000000000000000000100");
  BOOST_TEST(told("task k1: 4 reports to come"));
  BOOST_TEST(waited_ms == 0);
}

BOOST_AUTO_TEST_CASE(a_broken_stream_is_resumed_behind_the_last_event) {
  node.stream("/diag/progress/stream",
              "id: 2\nevent: report\ndata: {}\n\nevent: progress\ndata: {\"progress\":2}\n\n");
  node.stream("/diag/progress/stream", done_event);
  BOOST_TEST(run(diag()) == 0);
  BOOST_TEST(count("/diag/progress/stream") == 2u);
  BOOST_TEST(node.last("/diag/progress/stream").last_event_id == "2");
}

BOOST_AUTO_TEST_CASE(without_a_stream_the_progress_is_asked_for) {
  for (int progress : {1, 1, 4})
    node.answer("/diag/progress/get",
                {{"result", json::array({{{"task_id", "k1"}, {"progress", progress}}})}});
  BOOST_TEST(run(diag({"--watch"})) == 0);
  BOOST_TEST(count("/diag/progress/get") == 3u);
  BOOST_TEST(waited_ms == 10000);
  BOOST_TEST(told("4/4 100 %"));
}

BOOST_AUTO_TEST_CASE(ten_rounds_without_progress_end_the_waiting) {
  node.answer("/diag/progress/get",
              {{"result", json::array({{{"task_id", "k1"}, {"progress", 1}}})}});
  BOOST_TEST(run(diag()) == 1);
  BOOST_TEST(count("/diag/progress/get") == 11u); // The first one made progress.
  BOOST_TEST(told("task k1: no progress for 50 s"));
  BOOST_TEST(printed()["result"].size() == 1u); // What there is, is shown.
}

BOOST_AUTO_TEST_CASE(a_task_that_was_cancelled_is_no_success) {
  node.stream("/diag/progress/stream",
              "event: done\ndata: {\"progress\":1,\"state\":\"cancelled\"}\n\n");
  BOOST_TEST(run(diag()) == 1);
  BOOST_TEST(told("task k1: cancelled"));
}

BOOST_AUTO_TEST_CASE(a_stream_that_ends_without_a_state_is_asked_for_one) {
  node.stream("/diag/progress/stream",
              "event: done\ndata: {\"progress\":1,\"expected_report_num\":4}\n\n");
  node.answer(
    "/diag/progress/get",
    {{"result", json::array({{{"task_id", "k1"}, {"progress", 1}, {"state", "failed"}}})}});
  BOOST_TEST(run(diag()) == 1);
  BOOST_TEST(told("task k1: failed"));
  BOOST_TEST(waited_ms == 0);
}

BOOST_AUTO_TEST_CASE(a_terminal_sees_one_bar) {
  io.err_is_terminal = true;
  io.width = 60;
  node.stream("/diag/progress/stream", done_event);
  BOOST_TEST(run(diag()) == 0);
  BOOST_TEST(told("\r["));
  BOOST_TEST(told("4/4 100 %\x1b[K\n"));
}

BOOST_AUTO_TEST_CASE(all_hosts_go_fifty_to_a_task_and_are_watched_as_one) {
  json hosts = json::array();
  for (int i = 0; i < 120; ++i)
    hosts.push_back({{"host_id", fmt::format("{:032x}", i)}, {"host_name", fmt::format("h{}", i)}});
  node.answer("/manage/host/get", {{"host_infos", hosts}});
  node.stream("/diag/progress/stream", done_event);
  BOOST_TEST(run({"diag", "--tree_list", "slow_host", "--all-hosts", "--last", "1h", "--watch"}) ==
             0);
  std::vector<size_t> sizes;
  for (const auto& q : node.seen())
    if (q.path == "/diag/execute")
      sizes.push_back(q.body["host_list"].size());
  BOOST_TEST(sizes == (std::vector<size_t>{50, 50, 20}), boost::test_tools::per_element());
  BOOST_TEST(told("12/12 100 %"));
  BOOST_TEST(printed()["result"].size() == 3u);
  BOOST_TEST(printed()["total_count"] == 3);
}

BOOST_AUTO_TEST_CASE(all_hosts_are_read_page_by_page) {
  for (int page = 0; page < 3; ++page) {
    json hosts = json::array();
    for (int i = page * 40; i < page * 40 + 41; ++i) // One slipped to the next page meanwhile.
      hosts.push_back({{"host_id", fmt::format("{:032x}", i)}});
    node.answer("/manage/host/get", {{"host_infos", hosts}, {"total_page", 3}});
  }
  node.stream("/diag/progress/stream", done_event);
  BOOST_TEST(run({"diag", "--tree_list", "t", "--all_hosts", "--last", "1h", "--detach"}) == 0);
  size_t sent_hosts = 0;
  for (const auto& q : node.seen())
    if (q.path == "/diag/execute")
      sent_hosts += q.body["host_list"].size();
  BOOST_TEST(sent_hosts == 121u);
  BOOST_TEST(sent("/manage/host/get")["page"] == 3);
  BOOST_TEST(sent("/manage/host/get")["per_page"] == 50);
}

BOOST_AUTO_TEST_CASE(a_start_that_fails_tells_what_runs_already_and_follows_that) {
  json hosts = json::array();
  for (int i = 0; i < 120; ++i)
    hosts.push_back({{"host_id", fmt::format("{:032x}", i)}});
  node.answer("/manage/host/get", {{"host_infos", hosts}});
  node.answer("/diag/execute", {{"code", 1101}, {"msg", "connect to database error"}});
  node.stream("/diag/progress/stream", done_event);
  BOOST_TEST(run({"diag", "--tree_list", "t", "--all_hosts", "--last", "1h", "--watch"}) == 1);
  BOOST_TEST(
    told("connect to database error; the node's database does not answer; see its log (1101)"));
  BOOST_TEST(told("1 of 3 tasks run: k1; 70 hosts are not diagnosed"));
  BOOST_TEST(told("4/4 100 %"));
}

BOOST_AUTO_TEST_CASE(an_overloaded_node_is_asked_again) {
  canned_node busy;
  variables["AOPS_URL"] = busy.url();
  busy.answer_http("/diag/execute", 429, "{\"code\":1001}", {{"Retry-After", "1"}});
  busy.answer("/diag/execute", {{"task_id", "k1"}, {"expected_report_num", 4}});
  BOOST_TEST(run(diag({"--detach"})) == 0);
  BOOST_TEST(waited_ms == 1000);
}

BOOST_AUTO_TEST_CASE(all_hosts_end_with_a_summary) {
  node.answer("/manage/host/get",
              {{"host_infos", json::array({{{"host_id", host}, {"host_name", "web1"}}})}});
  node.answer("/diag/report/get", {{"result", json::array({tests::sample_report()})}});
  node.stream("/diag/progress/stream", done_event);
  std::vector<std::string> words = {
    "diag", "--tree_list", "slow_host", "--all_hosts", "--last", "1h"};
  BOOST_TEST(run(words) == 0);
  auto summary = printed()["summary"];
  BOOST_TEST(summary["tasks_done"] == 1);
  BOOST_TEST(summary["faulty"] == 1);
  BOOST_TEST(summary["faulty_hosts"] == 1);
  BOOST_TEST(summary["root_causes"][0]["root_cause"] == "cpu <hot>");
  words.insert(words.end(), {"-o", "table"});
  BOOST_TEST(run(words) == 0);
  BOOST_TEST(out.str().ends_with("1 of 1 tasks done, 1 of 4 reports: 1 with a fault on 1 hosts, 0 "
                                 "unknown, 0 without a fault\nroot causes: cpu <hot> 1\n"));
}

BOOST_AUTO_TEST_CASE(a_table_of_reports_shows_verdict_and_cause) {
  node.stream("/diag/progress/stream", done_event);
  node.answer("/manage/host/get",
              {{"host_infos", json::array({{{"host_id", host}, {"host_name", "web1"}}})}});
  node.answer("/diag/report/get", {{"result", json::array({tests::sample_report()})}});
  BOOST_TEST(run(diag({"-o", "table"})) == 0);
  BOOST_TEST(out.str().find("| web1      | slow_host | 2024-03-01 11:00:00 | 2024-03-01 11:01:00 | "
                            "true    | cpu <hot>  |") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(ignored_hosts_are_told_and_a_refused_diagnosis_fails) {
  canned_node other;
  variables["AOPS_URL"] = other.url();
  other.answer("/diag/execute",
               {{"code", 206},
                {"msg", "partial succeed"},
                {"task_id", "k1"},
                {"expected_report_num", 1},
                {"ignored_hosts", {"x"}}});
  other.answer("/diag/execute",
               {{"code", 1000}, {"msg", "request parameter error"}, {"detail", "no valid tree"}});
  BOOST_TEST(run(diag({"--detach"})) == 1);
  BOOST_TEST(printed()["task_id"] == "k1");
  BOOST_TEST(printed()["code"] == 206);
  BOOST_TEST(err.str() == "aops: no host is called x\n");
  BOOST_TEST(run(diag()) == 1);
  BOOST_TEST(told("aops: no valid tree (1000 request parameter error)\n"));
}

BOOST_AUTO_TEST_CASE(a_running_task_can_be_watched_again_or_cancelled) {
  node.answer("/diag/task/get",
              {{"task_infos", json::array({{{"task_id", "k1"}, {"expected_report_num", 4}}})}});
  node.stream("/diag/progress/stream", done_event);
  BOOST_TEST(run({"diag", "--task_id", "k1", "--watch"}) == 0);
  BOOST_TEST(sent("/diag/task/get") == json({{"task_list", {"k1"}}}));
  BOOST_TEST(count("/diag/execute") == 0u);
  node.answer("/diag/task/cancel", {{"cancelled", {"k1"}}, {"ignored", json::array()}});
  BOOST_TEST(run({"diag", "--cancel", "k1"}) == 0);
  BOOST_TEST(sent("/diag/task/cancel") == json({{"task_list", {"k1"}}}));
}

BOOST_AUTO_TEST_CASE(a_check_is_followed_like_a_diagnosis) {
  node.answer("/diag/task/get", {{"task_infos", json::array()}});
  node.answer("/diag/progress/get",
              {{"result",
                json::array({{{"task_id", "k1"}, {"expected_report_num", 4}},
                             {{"task_id", "k2"}, {"expected_report_num", 0}}})}});
  node.stream("/diag/progress/stream", done_event);
  BOOST_TEST(run({"diag", "follow", "k1", "k2", "--watch"}) == 1);
  BOOST_TEST(told("no task is called k2"));
  BOOST_TEST(told("4/4 100 %"));
  BOOST_TEST(count("/diag/report/get_list") == 0u);
}

BOOST_AUTO_TEST_CASE(tasks_are_listed_the_newest_first_with_names_of_hosts) {
  node.answer("/manage/host/get",
              {{"host_infos", json::array({{{"host_id", host}, {"host_name", "web1"}}})}});
  node.answer("/diag/task/get",
              {{"total_count", 1},
               {"task_infos",
                json::array({{{"task_id", "k1"},
                              {"host_list", {host}},
                              {"time", 1709290800},
                              {"state", "running"},
                              {"progress", 1},
                              {"expected_report_num", 4},
                              {"tree_list", {"slow_host"}}}})}});
  BOOST_TEST(run({"diag", "list", "-o", "table"}) == 0);
  BOOST_TEST(sent("/diag/task/get") ==
             json({{"sort", "time"}, {"direction", "desc"}, {"page", 1}, {"per_page", 20}}));
  BOOST_TEST(
    out.str().find("| k1      | 2024-03-01 11:00:00 | running | 1/4     | slow_host | web1  |") !=
    std::string::npos);
  BOOST_TEST(run({"diag", "--action", "list"}) == 0);
  BOOST_TEST(printed()["task_infos"][0]["progress"] == 1);
}

BOOST_AUTO_TEST_CASE(trees_and_hosts_may_stand_without_options) {
  BOOST_TEST(
    run({"diag", "slow_host", host, host, "--last", "1h", "--interval", "10m", "--detach"}) == 0);
  json wanted = {{"host_list", {host, host}},
                 {"time_range", {1709290800, 1709294400}},
                 {"tree_list", {"slow_host"}},
                 {"interval", 600}};
  BOOST_TEST(sent("/diag/execute") == wanted);
}

BOOST_AUTO_TEST_CASE(reports_in_json_carry_host_verdict_and_cause_and_the_exit_code_says_it) {
  node.answer("/manage/host/get",
              {{"host_infos", json::array({{{"host_id", host}, {"host_name", "web1"}}})}});
  auto fine = tests::sample_report();
  fine["verdict"] = "false";
  node.answer("/diag/report/get", {{"result", json::array({tests::sample_report()})}});
  node.answer("/diag/report/get", {{"result", json::array({tests::sample_report()})}});
  node.answer("/diag/report/get", {{"result", json::array({fine})}});
  node.stream("/diag/progress/stream", done_event);
  BOOST_TEST(run(diag()) == 0);
  auto row = printed()["result"][0];
  BOOST_TEST(row["host_name"] == "web1");
  BOOST_TEST(row["verdict"] == "true");
  BOOST_TEST(row["root_cause"] == "cpu <hot>");
  BOOST_TEST(run(diag({"--exit-code"})) == 10);
  BOOST_TEST(run(diag({"--exit-code"})) == 0);
}

BOOST_AUTO_TEST_CASE(an_exit_code_is_not_guessed) {
  node.stream("/diag/progress/stream", done_event);
  BOOST_TEST(run(diag({"--exit-code"})) == 1); // The reports cannot be read.
}

BOOST_AUTO_TEST_CASE(a_task_that_waits_for_its_user_goes_on_when_he_says_so) {
  node.answer("/diag/task/resume", {{"resumed", {"k1"}}, {"ignored", json::array()}});
  BOOST_TEST(run({"diag", "--resume", "k1,k2"}) == 0);
  BOOST_TEST(sent("/diag/task/resume") == json({{"task_list", {"k1", "k2"}}}));
  BOOST_TEST(printed()["resumed"][0] == "k1");
  BOOST_TEST(run({"diag", "resume", "k1"}) == 0);
  BOOST_TEST(sent("/diag/task/resume") == json({{"task_list", {"k1"}}}));
}

BOOST_AUTO_TEST_CASE(what_the_contract_requires_is_asked_for) {
  BOOST_TEST(run({"diag", "--tree_list", "t", "--host_list", host}) == 2);
  BOOST_TEST(told("--start is required"));
  BOOST_TEST(run({"diag", "--host_list", host, "--last", "1h"}) == 2);
  BOOST_TEST(run({"diag", "--tree_list", "t", "--last", "1h"}) == 2);
}

BOOST_AUTO_TEST_CASE(a_session_that_ends_while_waiting_is_told) {
  node.answer_http("/diag/progress/stream", 401, "{}");
  BOOST_TEST(run(diag()) == 1);
  BOOST_TEST(told("the session is invalid"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace diag_test
