#include "runtime/core/task/run_plan.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

namespace run_plan_test {

using namespace aops;
using namespace aops::task;
using tests::ok;

namespace {

using names = std::vector<std::string>;

deploy_step step(const std::string& name, names after = {}) {
  deploy_step x{name, true, false};
  if (!after.empty())
    x.after.emplace(std::move(after));
  return x;
}

std::string order_of(const std::vector<deploy_step>& steps) {
  auto ordered = in_order_of_dependencies(steps);
  if (!ordered)
    return ordered.error().detail;
  std::string out;
  for (const auto& x : *ordered)
    out += x.step + " ";
  return out;
}

run_parts parts() {
  run_parts x;
  x.steps = {step("a"), step("b")};
  x.templates = {{"a"}, {"b"}};
  x.hosts = {{"h0", "zero", 0, {}}, {"h1", "one", 0, {"web"}}, {"h2", "two", 0, {}}};
  x.vars = R"({"port":1,"name":"x"})";
  return x;
}

std::string refused(const deploy_tasks_to_execute& asked, const run_parts& of = parts()) {
  auto plan = plan_run(of, asked);
  BOOST_REQUIRE(!plan);
  BOOST_TEST((plan.error() == ec::bad_request));
  return plan.error().detail;
}

deploy_tasks_to_execute with_serial(const char* text) {
  deploy_tasks_to_execute x;
  x.serial.emplace(json_text{text});
  return x;
}

} // namespace

BOOST_AUTO_TEST_SUITE(run_plans)

BOOST_AUTO_TEST_CASE(steps_run_as_listed_unless_one_waits_for_another) {
  BOOST_TEST(order_of({step("a"), step("b"), step("c")}) == "a b c ");
  BOOST_TEST(order_of({step("a", {"c"}), step("b"), step("c")}) == "b c a ");
  BOOST_TEST(order_of({step("d", {"b", "c"}), step("c", {"a"}), step("b", {"a"}), step("a")}) ==
             "a c b d ");
}

BOOST_AUTO_TEST_CASE(a_cycle_is_refused_and_its_members_are_named) {
  BOOST_TEST(order_of({step("x"), step("a", {"b"}), step("b", {"c"}), step("c", {"a"})}) ==
             "steps: they wait for each other: a after b after c after a");
  BOOST_TEST(order_of({step("a", {"a"})}) == "steps: they wait for each other: a after a");
  // Who only waits for a cycle is no member of it.
  BOOST_TEST(order_of({step("w", {"a"}), step("a", {"b"}), step("b", {"a"})}) ==
             "steps: they wait for each other: a after b after a");
  BOOST_TEST(order_of({step("a", {"nobody"})}) == "steps.a.after: there is no step nobody");
}

BOOST_AUTO_TEST_CASE(what_is_asked_for_goes_before_what_the_task_says) {
  deploy_tasks_to_execute asked;
  asked.vars.emplace(json_text{R"({"port":2})"});
  asked.host_list.emplace(names{"h2", "h0"});
  asked.canary.emplace(names{"h2"});
  asked.step_timeout.emplace(5);
  asked.approve.emplace(names{"b"});
  auto of = parts();
  of.steps[1].timeout.emplace(7);
  auto plan = ok(plan_run(of, asked));
  BOOST_TEST(plan.vars == R"({"name":"x","port":2})");
  BOOST_TEST(plan.hosts.size() == 2u);
  BOOST_TEST(plan.hosts[1].id == "h2");
  BOOST_TEST(plan.canary == std::vector<int64_t>{1}, boost::test_tools::per_element());
  BOOST_TEST(plan.steps[0].timeout_ms == 5000);
  BOOST_TEST(plan.steps[1].timeout_ms == 7000);
  BOOST_TEST(!plan.steps[0].needs_approval);
  BOOST_TEST(plan.steps[1].needs_approval);
}

BOOST_AUTO_TEST_CASE(batches_are_numbers_shares_or_lists_of_these) {
  auto sizes = [](const char* text) { return ok(plan_run(parts(), with_serial(text))).serial; };
  BOOST_TEST((sizes("3") == std::vector<batch_size>{{3, 0}}));
  BOOST_TEST((sizes(R"("30%")") == std::vector<batch_size>{{0, 30}}));
  BOOST_TEST((sizes(R"([1, "5", "100%"])") == std::vector<batch_size>{{1, 0}, {5, 0}, {0, 100}}));
  for (const auto* text : {"0", "-1", R"("0%")", R"("101%")", R"("x")", "[]", "1.5", "{}", "[[1]]"})
    BOOST_TEST(refused(with_serial(text)).starts_with("serial: must be"), text);
}

BOOST_AUTO_TEST_CASE(what_cannot_run_names_its_field) {
  deploy_tasks_to_execute x;
  x.host_list.emplace(names{"h0", "h9"});
  BOOST_TEST(refused(x) == "host_list[1]: is no host of the task");
  x = {};
  x.host_list.emplace(names{"h0"});
  x.canary.emplace(names{"h1"});
  BOOST_TEST(refused(x) == "canary[0]: is no host of the run");
  x = {};
  x.approve.emplace(names{"c"});
  BOOST_TEST(refused(x) == "approve[0]: is no step that runs");
  x = {};
  x.vars.emplace(json_text{"[]"});
  BOOST_TEST(refused(x) == "vars: must be an object");
  auto of = parts();
  of.templates = {{"a"}};
  BOOST_TEST(refused({}, of) == "steps.b: the task has no such template");
  of = parts();
  of.steps = {{"a", false, false}};
  BOOST_TEST(refused({}, of) == "steps: none is enabled");
}

BOOST_AUTO_TEST_CASE(a_plan_reads_back_as_it_was_written) {
  auto asked = with_serial(R"([1, "50%"])");
  asked.canary.emplace(names{"h1"});
  asked.max_fail_percentage.emplace(20);
  asked.check.emplace(true);
  asked.approve_batches.emplace(true);
  auto plan = ok(plan_run(parts(), asked));
  BOOST_TEST((ok(run_plan_of(text_of(plan))) == plan));
  BOOST_TEST((run_plan_of("{}").error() == ec::corrupt));
  BOOST_TEST((run_plan_of("no JSON").error() == ec::corrupt));
}

BOOST_AUTO_TEST_CASE(templates_speak_where_steps_say_nothing) {
  auto of = parts();
  of.steps[1].idempotent.emplace(false);
  of.templates[0].after = {"b", "stranger"};
  of.templates[0].is_idempotent = of.templates[1].is_idempotent = true;
  of.templates[0].timeout_ms = 5;
  of.templates[0].package = "abc";
  of.templates[0].defaults = R"({"x":1})";
  auto plan = ok(plan_run(of, {}));
  BOOST_TEST(plan.steps[0].name == "b");
  BOOST_TEST(!plan.steps[0].is_idempotent);
  BOOST_TEST(plan.steps[0].timeout_ms == 3'600'000);
  BOOST_TEST(plan.steps[1].is_idempotent);
  BOOST_TEST(plan.steps[1].timeout_ms == 5);
  BOOST_TEST(plan.steps[1].package == "abc");
  BOOST_TEST((ok(run_plan_of(text_of(plan))) == plan));
}

BOOST_AUTO_TEST_CASE(secrets_are_never_written_down) {
  auto of = parts();
  parameter secret;
  secret.name = "password";
  secret.type = parameter_type::secret;
  secret.is_required = true;
  of.parameters = {secret};
  BOOST_TEST(refused({}, of).starts_with("vars.password"));
  deploy_tasks_to_execute asked;
  asked.vars.emplace(json_text{R"({"password":"hunter2"})"});
  auto plan = ok(plan_run(of, asked));
  BOOST_TEST(plan.secret_vars == R"({"password":"hunter2"})");
  BOOST_TEST(plan.vars == R"({"name":"x","port":1})");
  BOOST_TEST(text_of(plan).find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_retry_has_the_hosts_that_stopped_each_from_there) {
  deploy_tasks_to_execute asked;
  asked.canary.emplace(names{"h0", "h2"});
  auto again = retry_of(ok(plan_run(parts(), asked)), {-1, 1, 0});
  BOOST_TEST(again.hosts.size() == 2u);
  BOOST_TEST(again.hosts[0].id == "h1");
  BOOST_TEST(again.hosts[0].first_step == 1);
  BOOST_TEST(again.hosts[1].first_step == 0);
  BOOST_TEST(again.canary == std::vector<int64_t>{1}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace run_plan_test
