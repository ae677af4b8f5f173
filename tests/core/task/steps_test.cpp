#include "runtime/base/json_library.hpp"
#include "runtime/core/task/steps.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::task {

namespace {

/// `name+` runs, `name-` is skipped, `!` goes on when it fails.
std::string shown(const std::vector<deploy_step>& steps) {
  std::string out;
  for (const auto& x : steps)
    out += (out.empty() ? "" : " ") + x.step + (x.enable ? "+" : "-") + (x.continue_ ? "!" : "");
  return out;
}

std::string steps(std::string_view given, const std::vector<std::string>& templates = {"b", "a"}) {
  auto out = steps_of(json_text{std::string{given}}, templates);
  return out ? shown(*out) : out.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(steps_of_tasks)

BOOST_AUTO_TEST_CASE(without_steps_every_template_runs_in_order) {
  BOOST_TEST(shown(tests::ok(steps_of({}, {"b", "a", "b"}))) == "b+ a+");
}

BOOST_AUTO_TEST_CASE(a_list_keeps_its_order_and_an_object_takes_that_of_the_templates) {
  BOOST_TEST(steps(R"([{"step": "a", "enable": true}, {"step": "b", "continue": true}])") ==
             "a+ b-!");
  BOOST_TEST(steps(R"({"a": {"enable": "yes"}, "b": {}})") == "b- a+");
}

BOOST_AUTO_TEST_CASE(steps_that_wait_for_each_other_are_refused) {
  BOOST_TEST(steps(R"({"a": {"after": ["b"]}, "b": {}})") == "b- a-");
  BOOST_TEST(steps(R"({"a": {"after": ["b"]}, "b": {"after": ["a"]}})") ==
             "steps: they wait for each other: b after a after b");
  BOOST_TEST(steps(R"([{"step": "a", "after": ["c"]}])") == "steps.a.after: there is no step c");
}

BOOST_AUTO_TEST_CASE(what_are_no_steps_is_named) {
  BOOST_TEST(steps("1") == "steps: must be a list, or an object");
  BOOST_TEST(steps("[]") == "steps: must have 1 to 1000 items");
  BOOST_TEST(steps("[1]") == "steps[0]: must be an object");
  BOOST_TEST(steps(R"([{"step": "a"}, {"step": "a"}])") == "steps[1].step: appears twice");
  BOOST_TEST(steps(R"([{"enable": true}])") == "steps[0].step: is missing");
  BOOST_TEST(steps(R"([{"step": "a", "colour": 1}])").starts_with("steps[0].colour: "));
  BOOST_TEST(steps(R"({"a": {"enable": 7}})").starts_with("steps.a.enable: "));
  BOOST_TEST(steps(R"([{"step": "a"}, {"step": "c"}])") ==
             "steps: `c` is none of the templates in template_name");
  BOOST_TEST(steps(R"({"0": {}})") == "steps: `0` is none of the templates in template_name");
  BOOST_TEST(steps(R"({"a": 1})") == "steps.a: must be an object with `enable` and `continue`");
}

BOOST_AUTO_TEST_CASE(variables_are_an_object) {
  BOOST_TEST(tests::ok(variables_of({})) == "");
  BOOST_TEST(tests::ok(variables_of(json_text{R"({"a":1})"})) == R"({"a":1})");
  BOOST_TEST(tests::failure_of(variables_of(json_text{"[]"})) == ec::bad_request);
  auto longest = R"({"a":")" + std::string(65'528, 'x') + "\"}";
  BOOST_TEST(tests::ok(variables_of(json_text{longest})).size() == 65'536u);
  longest.insert(6, "x");
  BOOST_TEST(tests::failure_of(variables_of(json_text{longest})) == ec::bad_request);
}

BOOST_AUTO_TEST_CASE(of_the_default_task_only_the_first_step_runs) {
  auto all = default_steps();
  BOOST_TEST(all.size() == 14u);
  BOOST_TEST(shown(all).starts_with("zookeeper+ kafka- prometheus-"));
  BOOST_TEST(shown(all).find('+', 12) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::task
