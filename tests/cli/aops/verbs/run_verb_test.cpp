#include "tests/cli/aops/support/command_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::cli::tests {

namespace {

constexpr const char* run1 = "000000000000000000000000000000a1";

json run_row(const std::string& state) {
  json counts{{"pending", 0},
              {"running", 0},
              {"ok", 1},
              {"failed", 0},
              {"unreachable", 0},
              {"skipped", 0},
              {"interrupted", 0}};
  return {
    {"execution_id", run1},
    {"task_id", "t"},
    {"task_name", "first"},
    {"username", "admin"},
    {"state", state},
    {"reason", state == "failed" ? "1 host failed" : ""},
    {"time", 1709294400.5},
    {"check", false},
    {"hosts", counts},
    {"steps",
     json::array({{{"step", "install"}, {"state", "ok"}, {"hosts", counts}, {"message", ""}}})},
    {"events", 7}};
}

json runs_page(const std::string& state) {
  return {{"total_count", 1}, {"total_page", 1}, {"executions", json::array({run_row(state)})}};
}

std::string sse(const std::string& name, int id, const json& data) {
  return "event: " + name + "\nid: " + std::to_string(id) + "\ndata: " + data.dump() + "\n\n";
}

struct run_fixture : command_fixture {
  run_fixture() {
    node.answer("/manage/task/result/hosts",
                {{"total_count", 1},
                 {"total_page", 1},
                 {"results",
                  json::array({{{"step", "install"},
                                {"host_id", id1},
                                {"host_name", "web1"},
                                {"state", "running"}}})}});
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(runs, run_fixture)

BOOST_AUTO_TEST_CASE(a_run_is_followed_from_where_it_stands_to_its_end) {
  node.answer("/manage/task/result/get", runs_page("running"));
  node.answer("/manage/task/result/get", runs_page("done"));
  node.stream("/manage/task/stream",
              sse("host",
                  8,
                  {{"type", "host"},
                   {"number", 8},
                   {"step", "install"},
                   {"host_id", id1},
                   {"state", "failed"},
                   {"action", "apt"},
                   {"message", "broken"}}));
  node.stream("/manage/task/stream",
              sse("state", 9, {{"type", "state"}, {"number", 9}, {"state", "done"}}) +
                sse("done", 9, {{"execution_id", run1}, {"state", "done"}}));
  BOOST_TEST(run({"run", "watch", run1}) == 0);
  BOOST_TEST(told("host web1 step install failed: apt: broken"));
  BOOST_TEST(told("run done"));
  BOOST_TEST(node.last("/manage/task/stream").last_event_id == "8"); // Of the second connection.
  BOOST_TEST(printed()["state"] == "done");
}

BOOST_AUTO_TEST_CASE(a_run_that_does_not_end_well_ends_the_command_with_1) {
  node.answer("/manage/task/result/get", runs_page("failed"));
  BOOST_TEST(run({"run", "watch", run1}) == 1);
  BOOST_TEST(told("failed: 1 host failed"));
}

BOOST_AUTO_TEST_CASE(a_run_that_is_not_there_is_told) {
  node.answer("/manage/task/result/get",
              {{"total_count", 0}, {"total_page", 0}, {"executions", json::array()}});
  BOOST_TEST(run({"run", "watch", run1}) == 1);
  BOOST_TEST(told(run1));
}

BOOST_AUTO_TEST_CASE(what_waits_for_somebody_says_for_what) {
  node.answer("/manage/task/result/get", runs_page("interrupted"));
  node.answer("/manage/task/result/get", runs_page("done"));
  node.stream("/manage/task/stream", sse("done", 9, {{"state", "done"}}));
  BOOST_TEST(run({"run", "watch", run1}) == 0);
  BOOST_TEST(told(std::string("aops run resume ") + run1 + " --decision again|skip"));
}

BOOST_AUTO_TEST_CASE(the_beginning_of_an_id_is_enough) {
  node.answer("/manage/task/result/get", runs_page("running"));
  node.answer("/manage/task/stop", {{"accepted", json::array({run1})}, {"ignored", json::array()}});
  BOOST_TEST(run({"run", "stop", "00000000000000000000000000"}) == 0);
  BOOST_TEST(sent("/manage/task/stop") == json({{"execution_list", {run1}}}));
}

BOOST_AUTO_TEST_CASE(what_was_not_done_is_told_with_its_reason) {
  node.answer("/manage/task/resume",
              {{"code", 206},
               {"accepted", json::array()},
               {"ignored", json::array({{{"execution_id", run1}, {"reason", "has ended"}}})}});
  BOOST_TEST(run({"run", "resume", run1, "--decision", "skip"}) == 1);
  BOOST_TEST(sent("/manage/task/resume") ==
             json({{"execution_list", {run1}}, {"decision", "skip"}}));
  BOOST_TEST(told("has ended"));
  BOOST_TEST(run({"run", "resume", run1, "--decision", "perhaps"}) == 2);
}

BOOST_AUTO_TEST_CASE(how_a_task_is_run_is_told_to_the_node) {
  know_hosts();
  node.answer("/manage/task/get",
              {{"total_count", 1},
               {"total_page", 1},
               {"task_infos",
                json::array({{{"task_id", "t1"}, {"task_name", "first"}, {"description", ""}}})}});
  node.answer("/manage/task/execute", {{"execution_id", json::array({run1})}});
  auto vars = file("vars.yml", "port: 81\n");
  BOOST_TEST(
    run({"task", "execute",        "first", "--yes",     "--check", "--forks",
         "9",    "--serial",       "1,30%", "--canary",  "web1",    "--max_fail_percentage",
         "20",   "--step_timeout", "5m",    "--approve", "start",   "--vars",
         vars,   "--host_list",    "web1"}) == 0);
  json wanted{{"task_list", {"t1"}},
              {"check", true},
              {"forks", 9},
              {"max_fail_percentage", 20},
              {"step_timeout", 300},
              {"canary", {id1}},
              {"host_list", {id1}},
              {"approve", {"start"}},
              {"serial", json::array({1, "30%"})},
              {"vars", {{"port", 81}}}};
  BOOST_TEST(nlohmann::json(sent("/manage/task/execute")) == nlohmann::json(wanted));
  BOOST_TEST(!node.last("/manage/task/execute").key.empty()); // May be asked again.
  BOOST_TEST(printed()["execution_id"][0] == run1);
}

BOOST_AUTO_TEST_CASE(a_log_is_read_to_its_end) {
  know_hosts();
  json event{{"number", 1},
             {"type", "event"},
             {"outcome", "ok"},
             {"step", "install"},
             {"host_id", id1},
             {"action", "apt"}};
  node.answer("/manage/task/result/log",
              {{"events", json::array({event})}, {"next", 1}, {"last", 2}});
  node.answer("/manage/task/result/log",
              {{"events", json::array({event})}, {"next", 2}, {"last", 2}});
  BOOST_TEST(run({"run", "log", run1, "-o", "table"}) == 0);
  BOOST_TEST(shown("install  web1  ok  apt"));
  BOOST_TEST(sent("/manage/task/result/log")["after"] == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::cli::tests
