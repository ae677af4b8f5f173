#include "cli/aops/unit/rule_tests.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

namespace rule_tests_test {

using namespace aops;
using namespace aops::cli;

namespace {

const std::string rules = R"(
groups:
  - name: g
    rules:
      - {record: r, expr: 'm * 2'}
      - {alert: High, expr: 'r > 4', for: 1m, labels: {severity: page}, annotations: {s: 'is {{ $value }}'}}
)";

/// What failed, a line each, of one group of tests over `m` = 0 1 2 3 4 a minute each.
std::string
run(const std::string& tests, const std::string& more = "", const std::string& of = rules) {
  auto failed = run_rule_tests(
    "at/t.yaml",
    "rule_files: [r*.yml]\n" + more +
      "\ntests:\n  - interval: 1m\n    input_series: [{series: m, values: '0+1x4'}]\n" + tests,
    [&](const std::string& path) -> expected<std::string> {
      return path == "at/r1.yml" ? expected<std::string>(of)
                                 : fail(ec::bad_request, path + ": gone");
    },
    [](const std::string& pattern) {
      return pattern == "at/r*.yml" ? std::vector<std::string>{"at/r1.yml"}
                                    : std::vector<std::string>();
    });
  std::string out;
  for (const auto& x : failed)
    out += x + "\n";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(rule_tests_of_files)

BOOST_AUTO_TEST_CASE(what_is_as_expected_is_told_by_nothing) {
  BOOST_TEST(run(R"(
    alert_rule_test:
      - {eval_time: 3m59s, alertname: High}
      - {eval_time: 4m, alertname: High, exp_alerts: [{exp_labels: {severity: page}, exp_annotations: {s: is 8}}]}
    promql_expr_test:
      - {expr: r, eval_time: 2m, exp_samples: [{labels: r, value: 4}]}
      - {expr: '1', eval_time: 2m, exp_samples: [{labels: '{}', value: 1}]}
)") == "");
}

BOOST_AUTO_TEST_CASE(what_differs_is_told_as_promtool_tells_it) {
  BOOST_TEST(run(R"(
    name: first
    alert_rule_test: [{eval_time: 4m, alertname: High, exp_alerts: [{exp_labels: {a: b}}]}]
    promql_expr_test: [{expr: r + 0.5, eval_time: 90s}]
)") == R"(    name: first,
    alertname: High, time: 4m, 
        exp:[
            0:
              Labels:{a="b", alertname="High"}
              Annotations:{}
            ], 
        got:[
            0:
              Labels:{alertname="High", severity="page"}
              Annotations:{s="is 8"}
            ]
    expr: "r + 0.5", time: 1m30s,
        exp: nil
        got: {} 2.5E+00
)");
}

BOOST_AUTO_TEST_CASE(numbers_are_exact_however_large_or_small) {
  auto shown = [](const std::string& number) {
    auto out = run("    promql_expr_test: [{expr: vector(" + number + "), eval_time: 0}]");
    auto begin = out.rfind("{} ") + 3;
    return out.substr(begin, out.size() - begin - 1);
  };
  BOOST_TEST(shown("0") == "0E+00");
  BOOST_TEST(shown("-12.5") == "-1.25E+01");
  BOOST_TEST(shown("0.1") == "1E-01");
  BOOST_TEST(shown("1e100") == "1E+100");
  BOOST_TEST(shown("1.797e308") == "1.797E+308");
  BOOST_TEST(shown("1.7976931348623157e308") == "1.7976931348623157E+308");
  BOOST_TEST(shown("5e-324") == "5E-324");
  BOOST_TEST(shown("2.5e-310") == "2.5E-310");
  BOOST_TEST(shown("-Inf") == "-Inf");
}

BOOST_AUTO_TEST_CASE(neighbours_are_equal_when_asked_for) {
  const std::string test = R"(
    promql_expr_test: [{expr: 'm / 10 * 3', eval_time: 1m, exp_samples: [{labels: '{}', value: 0.3}]}]
)";
  BOOST_TEST(run(test) != "");
  BOOST_TEST(run(test, "fuzzy_compare: true") == "");
}

BOOST_AUTO_TEST_CASE(rules_that_fail_end_their_tests) {
  BOOST_TEST(run("    promql_expr_test: [{expr: r, eval_time: 2m}]",
                 "",
                 "groups: [{name: g, rules: [{record: r, expr: 'topk(scalar(m) / 0, m)'}]}]") ==
             "    rule: r, time: 0s, err: Parameter value is NaN\n");
}

BOOST_AUTO_TEST_CASE(what_does_not_read_is_refused_with_its_place) {
  BOOST_TEST(
    run("    promql_expr_test: [{exp: r}]") ==
    "at/t.yaml: tests[0].promql_expr_test[0]: unknown field \"exp\", did you mean 'expr'?\n");
  BOOST_TEST(run("    alert_rule_test: [{eval_time: 1m}]") ==
             "at/t.yaml: tests[0].alert_rule_test[0]: an item under alert_rule_test misses "
             "required attribute "
             "alertname\n");
  BOOST_TEST(run("    interval2: 1") ==
             "at/t.yaml: tests[0]: unknown field \"interval2\", did you mean 'interval'?\n");
  BOOST_TEST(
    run("    alert_rule_test: [{eval_time: 10y, alertname: A}]", "evaluation_interval: 1s") ==
    "at/t.yaml: tests[0]: rules would be evaluated more than 1000000 times\n");
  BOOST_TEST(run("", "group_eval_order: [a, a]") ==
             "at/t.yaml: group name repeated in evaluation order: a\n");
  BOOST_TEST(run("", "", "groups: [{name: g, rules: [{alert: A}]}]") ==
             "at/r1.yml: group \"g\": rule 1 (\"A\"): field \"expr\" must be set in rule\n");
  auto none = [](const std::string&) { return std::vector<std::string>(); };
  auto read = [](const std::string&) -> expected<std::string> { return std::string(); };
  auto failed = run_rule_tests("t.yaml", "rule_files: [x.yml]\ntests: []", read, none);
  BOOST_REQUIRE(failed.size() == 1u);
  BOOST_TEST(failed[0] == "t.yaml: no file matches x.yml");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace rule_tests_test
