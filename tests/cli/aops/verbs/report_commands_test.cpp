#include "cli/aops/text/files.hpp"
#include "tests/cli/aops/support/command_fixture.hpp"
#include "tests/cli/aops/support/sample_report.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

namespace report_commands_test {

using namespace aops;
using namespace aops::cli;
using tests::canned_node;
using tests::id1;

BOOST_FIXTURE_TEST_SUITE(cli_report_commands, tests::command_fixture)

BOOST_AUTO_TEST_CASE(reports_are_listed_by_task_or_by_filters) {
  know_hosts();
  node.answer("/diag/report/get_list", {{"total_count", 0}, {"result", json::array()}});
  BOOST_TEST(run({"report", "--action", "get", "--task_id", "k", "--tree_list", "ignored"}) == 0);
  BOOST_TEST(sent("/diag/report/get_list") ==
             json({{"task_id", "k"}, {"page", 1}, {"per_page", 20}}));
  BOOST_TEST(run({"report",
                  "--action",
                  "get",
                  "--host_list",
                  "web1",
                  "--start",
                  "20240301-10:00:00",
                  "--end",
                  "20240301-11:00:00"}) == 0);
  BOOST_TEST(sent("/diag/report/get_list") == json({{"time_range", {1709287200, 1709290800}},
                                                    {"host_list", {id1}},
                                                    {"tree_list", json::array()},
                                                    {"page", 1},
                                                    {"per_page", 20}}));
  BOOST_TEST(run({"report", "--action", "get"}) == 0); // No times: all time.
  BOOST_TEST(!sent("/diag/report/get_list").contains("time_range"));
  node.answer("/diag/report/delete", json::object());
  BOOST_TEST(run({"report", "--action", "delete", "--report_list", "a,b"}) == 0);
  BOOST_TEST(sent("/diag/report/delete") == json({{"report_list", {"a", "b"}}}));
}

BOOST_AUTO_TEST_CASE(a_report_is_json_in_a_pipe_and_a_tree_on_a_terminal) {
  know_hosts();
  node.answer("/diag/report/get", {{"result", json::array({tests::sample_report()})}});
  std::vector<std::string> get = {
    "report", "--action", "get", "--report_list", "00000000000000000000000000000100"};
  BOOST_TEST(run(get) == 0);
  BOOST_TEST(printed()["result"][0]["verdict"] == "true");
  io.out_is_terminal = true;
  BOOST_TEST(run(get) == 0);
  BOOST_TEST(shown("\x1b[1;31mfault found"));
  variables["NO_COLOR"] = "1";
  BOOST_TEST(run(get) == 0);
  BOOST_TEST(out.str().starts_with("slow_host on web1: fault found\n"));
  io.out_is_terminal = false;
  get.insert(get.end(), {"-o", "table"});
  BOOST_TEST(run(get) == 0);
  BOOST_TEST(shown("Root causes\n1. slow > cpu <hot>"));
}

BOOST_AUTO_TEST_CASE(a_report_is_exported_as_a_picture) {
  know_hosts();
  node.answer("/diag/report/get", {{"result", json::array({tests::sample_report()})}});
  auto path = folder + "/r.html";
  BOOST_TEST(run({"report", "--action", "get", "--report_list", "x", "--export", path}) == 0);
  BOOST_TEST(read_file(path)->find("<svg") != std::string::npos);
  BOOST_TEST(
    run(
      {"report", "--action", "get", "--report_list", "x", "--export", "dot", folder + "/r.dot"}) ==
    0);
  BOOST_TEST(read_file(folder + "/r.dot")->starts_with("digraph"));
  BOOST_TEST(run({"report", "--action", "get", "--report_list", "x", "--export", "html"}) == 0);
  BOOST_TEST(out.str().starts_with("<!DOCTYPE html>"));
  BOOST_TEST(run({"report", "--action", "get", "--report_list", "x", "--export", folder}) == 0);
  BOOST_TEST(std::filesystem::exists(folder + "/report.html"));
}

BOOST_AUTO_TEST_CASE(answers_of_a_strange_shape_do_not_crash) {
  know_hosts();
  for (json odd :
       {json("x"), json(7), json::array({1, "x", nullptr}), json::object({{"a", 1}}), json()}) {
    canned_node other;
    variables["AOPS_URL"] = other.url();
    other.answer("/manage/host/get", {{"host_infos", odd}});
    other.answer("/check/result/get", {{"check_result", odd}});
    other.answer("/check/rule/test", {{"check_result", odd}, {"points", 1e300}, {"error", odd}});
    other.answer("/diag/execute", {{"task_id", odd}, {"expected_report_num", 1e300}});
    other.stream("/diag/progress/stream",
                 "event: done\ndata: {\"progress\":1e300,\"state\":\"done\"}\n\n");
    other.answer("/diag/report/get_list", {{"result", odd}});
    other.answer("/diag/report/get", {{"result", odd}, {"total_count", odd}});
    other.answer("/diag/tree/get", {{"trees", odd}});
    other.answer("/manage/host/info/query", {{"host_infos", odd}});
    auto rules = file("rules.json", R"([{"check_item":"a"}])");
    for (const auto* form : {"table", "wide", "json", "yaml"}) {
      run({"host", "query", "--verbose", "True", "-o", form});
      run({"check", "-o", form});
      run({"checkrule", "test", "--conf", rules, "--host", id1, "-o", form});
      run({"diag", "--tree_list", "t", "--host_list", id1, "--last", "1h", "-o", form});
      run({"report", "get", "--task_id", "k", "-o", form});
      run({"report", "get", "--report_list", "k", "-o", form});
      run({"report", "get", "--report_list", "k", "--export", "html", "-o", form});
      run({"faultree", "get", "-o", form});
    }
  }
  auto row = tests::sample_report();
  row["evidence"][0]["samples"][0][0] = 1e300;
  row["start"] = -1e300;
  variables["AOPS_URL"] = node.url();
  node.answer("/diag/report/get", {{"result", json::array({row})}});
  BOOST_TEST(run({"report", "get", "--report_list", "x", "-o", "table"}) == 0);
}

BOOST_AUTO_TEST_CASE(what_a_node_sends_cannot_drive_the_terminal) {
  auto row = tests::sample_report();
  row["tree_name"] = "evil\x1b]0;x\x07";
  node.answer("/diag/report/get", {{"result", json::array({row})}});
  know_hosts();
  BOOST_TEST(run({"report", "--action", "get", "--report_list", "x", "-o", "table"}) == 0);
  BOOST_TEST(!shown("\x1b"));
  node.answer("/manage/host/count", {{"code", 1000}, {"msg", "bad \x1b[2J"}, {"detail", "x\ny"}});
  BOOST_TEST(run({"stat", "count", "host"}) == 1);
  BOOST_TEST(!told("\x1b"));
  BOOST_TEST(told("x\\x0ay"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace report_commands_test
