#include "tests/cli/aops/support/command_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::cli {

namespace {

struct trial_fixture : tests::command_fixture {
  trial_fixture() { know_hosts(); }

  static json row(const char* value, json labels = json::object(), const char* reason = "") {
    return {{"value", value},
            {"start", 1709290800},
            {"end", 1709290860},
            {"labels", std::move(labels)},
            {"reason", reason}};
  }
  static json part(const char* text, std::vector<double> values, json labels = json::object()) {
    json shown = json::array();
    for (size_t i = 0; i < values.size(); ++i)
      shown.push_back({{"time", 1709290800 + 15 * i}, {"value", values[i]}});
    json out = {
      {"text", text}, {"labels", std::move(labels)}, {"points", values.size()}, {"values", shown}};
    if (!values.empty())
      out.update({{"min", values.front()},
                  {"p50", values.front()},
                  {"p95", values.back()},
                  {"p99", values.back()},
                  {"max", values.back()},
                  {"last", values.back()}});
    return out;
  }
  static json found() {
    return {
      {"points", 240},
      {"without_data", 12},
      {"check_result",
       json::array({row("Abnormal", {{"mountpoint", "/var"}}),
                    row("No data", {{"mountpoint", "/"}}, "no sample of x")})},
      {"parts", json::array({part("$0 / $1", {0.05, 0.5}, {{"mountpoint", "/var"}})})},
      {"series",
       json::array({{{"name", "x"},
                     {"series", 4},
                     {"labels", json::array({{{"mountpoint", "/"}}, {{"mountpoint", "/var"}}})}}})},
      {"warnings", json::array()}};
  }
  static json without_data() {
    return {{"points", 240},
            {"without_data", 240},
            {"check_result", json::array({row("No data", json::object(), "no such series: lod")})},
            {"parts", json::array({part("lod", {})})},
            {"series", json::array({{{"name", "lod"}, {"series", 0}, {"labels", json::array()}}})},
            {"warnings", {"the host does not have a series lod; near: load"}}};
  }
  /// In place of what is answered so far, which is used up by one more run.
  void answer_now(const std::string& path, json reply, const std::vector<std::string>& words) {
    node.answer(path, std::move(reply));
    run(words);
  }
  std::string rules() {
    return file("rules.json",
                R"([{"check_item":"a","condition":"$0>1"},{"check_item":"b","condition":"$0>2"}])");
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(trials, trial_fixture)

BOOST_AUTO_TEST_CASE(tests_of_rule_files_ask_no_node) {
  variables.erase("AOPS_URL");
  variables.erase("AOPS_ACCESS_TOKEN");
  file("r.yml", "groups: [{name: g, rules: [{record: r, expr: m * 2}]}]");
  auto good = file(
    "good.yml",
    "rule_files: [r.yml]\ntests: [{input_series: [{series: m, values: '1 2'}], promql_expr_test: "
    "[{expr: r, eval_time: 1m, exp_samples: [{labels: r, value: 4}]}]}]");
  auto bad = file("bad.yml",
                  "rule_files: [r.yml]\ntests: [{promql_expr_test: [{expr: '1', eval_time: 1m}]}]");
  BOOST_TEST(run({"checkrule", "test", "--unit", good}) == 0);
  BOOST_TEST(out.str() == "Unit Testing:  " + good + "\n  SUCCESS\n\n");
  BOOST_TEST(run({"checkrule", "test", "--unit", good + "," + bad}) == 1);
  BOOST_TEST(
    told("  FAILED:\n    expr: \"1\", time: 1m,\n        exp: nil\n        got: {} 1E+00\n"));
  BOOST_TEST(run({"checkrule", "test", "--unit", bad, "-o", "json"}) == 1);
  BOOST_TEST(printed()["files"][0]["passed"] == false);
  BOOST_TEST(run({"checkrule", "test"}) == 2);
}

BOOST_AUTO_TEST_CASE(a_test_shows_what_was_found_and_what_the_condition_compared) {
  node.answer("/check/rule/test", found());
  BOOST_TEST(run({"checkrule", "test", rules(), "web1", "--check_items", "b", "-o", "table"}) == 0);
  BOOST_TEST(shown("b on web1"));
  BOOST_TEST(shown("240 points judged, 12 without data, 1 found\n"));
  BOOST_TEST(shown("b{mountpoint=\"/var\"}"));
  BOOST_TEST(shown("no sample of x"));
  BOOST_TEST(shown("| $0 / $1 | {mountpoint=\"/var\"} |"));
  BOOST_TEST(shown("| 0.05 | 0.5 |  0.5 |"));
  BOOST_TEST(shown("x: 4 series: {mountpoint=\"/\"}, {mountpoint=\"/var\"}, ...\n"));
}

BOOST_AUTO_TEST_CASE(json_of_a_test_is_the_whole_reply) {
  node.answer("/check/rule/test", found());
  BOOST_TEST(run({"checkrule", "test", rules(), "web1", "--check_items", "b", "-o", "json"}) == 0);
  BOOST_TEST(printed()["parts"][0]["values"].size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_exit_code_tells_no_data_from_nothing_found) {
  const std::string path = "/check/rule/test";
  std::vector<std::string> test = {"checkrule", "test", rules(), "web1", "--check_items", "a"};
  auto by_code = test;
  by_code.emplace_back("--exit-code");
  node.answer(path, without_data());
  BOOST_TEST(run(test) == 4);
  BOOST_TEST(told("warning: a: the host does not have a series lod; near: load"));
  BOOST_TEST(shown("240 without data, nothing found"));
  BOOST_TEST(shown("lod: the host has none\n"));
  answer_now(path, found(), test);
  BOOST_TEST(run(test) == 0);
  BOOST_TEST(run(by_code) == 10);
  auto well = found();
  well["check_result"] = json::array();
  answer_now(path, well, test);
  BOOST_TEST(run(by_code) == 0);
  answer_now(path, {{"code", 1000}, {"msg", "m"}, {"detail", "rule.condition: x"}}, test);
  BOOST_TEST(run(test) == 1);
}

BOOST_AUTO_TEST_CASE(a_condition_is_sent_as_it_was_typed) {
  node.answer("/check/condition/eval", found());
  const char* condition = "x{mountpoint=\"/var\"} / y < 0.1";
  BOOST_TEST(run({"eval", "--host", "web1", condition, "--last", "1h", "-o", "table"}) == 0);
  BOOST_TEST(sent("/check/condition/eval") == json({{"condition", condition},
                                                    {"host_id", tests::id1},
                                                    {"time_range", {1709290800, 1709294400}}}));
  BOOST_TEST(shown("| p50 "));
  BOOST_TEST(shown("| p99 "));
  run({"eval", condition, "web1", "--for", "5m"});
  BOOST_TEST(sent("/check/condition/eval")["for"] == "5m");
  BOOST_TEST(printed()["points"] == 240); // Into a pipe it is JSON.
}

BOOST_AUTO_TEST_CASE(eval_ends_as_a_test_does) {
  const std::string path = "/check/condition/eval";
  node.answer(path, without_data());
  BOOST_TEST(run({"eval", "lod > 1", "web1"}) == 4);
  answer_now(path, found(), {"eval", "x > 1", "web1"});
  BOOST_TEST(run({"eval", "x > 1", "web1"}) == 0);
  BOOST_TEST(run({"eval", "x > 1", "web1", "--exit-code"}) == 10);
  answer_now(path,
             {{"code", 1000}, {"msg", "m"}, {"detail", "condition: line 1, position 4: no"}},
             {"eval", "x > 1", "web1"});
  BOOST_TEST(run({"eval", "1 > 1", "web1"}) == 1);
  BOOST_TEST(told("position 4"));
  BOOST_TEST(run({"eval", "x > 1"}) == 2);
  BOOST_TEST(run({"eval", "x > 1", "nobody"}) == 1);
}

BOOST_AUTO_TEST_CASE(what_is_odd_about_imported_rules_is_told_and_they_are_stored) {
  node.answer("/check/rule/import",
              {{"succeed_list", {"a", "b"}},
               {"update_list", json::array()},
               {"fail_list", json::array()},
               {"warnings", {{"a", {"no host has a series lod; near: load"}}}}});
  BOOST_TEST(run({"checkrule", "add", rules()}) == 0);
  BOOST_TEST(told("warning: a: no host has a series lod; near: load"));
  BOOST_TEST(printed()["warnings"]["a"].size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::cli
