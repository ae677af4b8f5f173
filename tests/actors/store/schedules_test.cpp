#include "actors/store/schedule_keeper.hpp"
#include "actors/support/prepare.hpp"
#include "messages/roles/run.hpp"
#include "messages/roles/schedule.hpp"
#include "messages/roles/task.hpp"
#include "messages/roles/template.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

/// Does nothing by itself.
struct slow_executor final : executor {
  std::vector<std::function<void()>> tasks;
  bool post(std::function<void()> task) override {
    tasks.push_back(std::move(task));
    return true;
  }
  void queue(base::ticket, job) override {}
};

struct schedules_fixture : tests::store_fixture {
  schedules_fixture() {
    start_as(run_intake_name,
             [this](run_intake_actor::pointer self) -> run_intake_actor::behavior_type {
               prepare(self, "canned intake");
               auto nothing = [](const caller&, const auto&) { return runs_acted_on{}; };
               return {
                 [this](const caller& who,
                        const deploy_tasks_to_execute& x) -> caf::result<deploy_tasks_started> {
                   asked.push_back(who.user + " " + who.repeatable.key + " " +
                                   (x.vars ? x.vars->text : std::string{"-"}));
                   if (trouble)
                     return to_caf(*trouble);
                   return deploy_tasks_started{{"run" + std::to_string(asked.size())}};
                 },
                 [](const caller&, const runs_to_retry&) { return deploy_tasks_started{}; },
                 [nothing](const caller& who, const runs_to_stop& x) { return nothing(who, x); },
                 [nothing](const caller& who, const runs_to_pause& x) { return nothing(who, x); },
                 [nothing](const caller& who, const runs_to_approve& x) { return nothing(who, x); },
                 [nothing](const caller& who, const runs_to_resume& x) { return nothing(who, x); },
                 [](const caller&, const vault_opened&) {},
                 [](atom::ping) {},
               };
             });
    keeper = start_as(schedule_keeper_name, schedule_keeper, store);
    deploy_task_to_generate x;
    x.task_name = "one";
    x.template_name = {"t"};
    tests::ok(ask<template_imported>(of<template_store_actor>(template_store_name),
                                     admin,
                                     template_to_import{"t", json_text{R"([{"hosts":"all"}])"}}));
    task = tests::ok(ask<deploy_task_generated>(of<task_store_actor>(task_store_name), admin, x))
             .task_id;
  }
  ~schedules_fixture() { end_all(); }

  std::vector<std::string> asked; ///< User, key, variables.
  std::optional<error> trouble;
  std::string task;
  full_schedule_keeper_actor keeper;
  schedule_store_actor schedules = of<schedule_store_actor>(schedule_store_name);

  schedule_to_add every_minute() const {
    schedule_to_add x;
    x.task_id = task;
    x.schedule_name = "often";
    x.expression = "* * * * *";
    return x;
  }

  schedule_info shown() {
    auto page = tests::ok(ask<schedules_page>(schedules, admin, schedules_query{}));
    BOOST_REQUIRE(page.schedule_infos.size() == 1u);
    return page.schedule_infos[0];
  }

  std::string detail(const schedule_to_add& x) {
    auto added = ask<schedule_added>(schedules, admin, x);
    return added ? std::string{} : added.error().detail;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(schedules_of_tasks, schedules_fixture)

BOOST_AUTO_TEST_CASE(a_schedule_starts_its_task_once_for_each_time) {
  auto x = every_minute();
  x.vars = json_text{R"({"a":1})"};
  auto added = tests::ok(ask<schedule_added>(schedules, admin, x));
  BOOST_TEST(added.next.size() == 5u);
  pass(125s);
  BOOST_REQUIRE(asked.size() == 2u);
  for (size_t i = 0; i < 2; ++i)
    BOOST_TEST(asked[i] == "admin schedule:" + added.schedule_id + ":" +
                             std::to_string(added.next[i].ms) + R"( {"a":1})");
  BOOST_TEST(shown().last_execution == "run2");
  BOOST_TEST(shown().last_due->ms == added.next[1].ms);
  BOOST_TEST(shown().last_error == "");
}

BOOST_AUTO_TEST_CASE(what_could_not_be_started_is_asked_for_again_under_the_same_key) {
  tests::ok(ask<schedule_added>(schedules, admin, every_minute()));
  trouble = error{ec::overloaded, "many"};
  pass(63s);
  BOOST_REQUIRE(asked.size() >= 2u);
  BOOST_TEST(asked[0] == asked[1]);
  trouble.reset();
  pass(2s);
  auto before = asked.size();
  pass(20s);
  BOOST_TEST(asked.size() == before);
  BOOST_TEST(shown().last_execution == "run" + std::to_string(before));
}

BOOST_AUTO_TEST_CASE(why_nothing_was_started_is_shown) {
  tests::ok(ask<schedule_added>(schedules, admin, every_minute()));
  trouble = error{ec::bad_request, "task_list[0]: has no hosts"};
  pass(65s);
  BOOST_TEST(asked.size() == 1u);
  BOOST_TEST(shown().last_error == "task_list[0]: has no hosts");
}

BOOST_AUTO_TEST_CASE(times_at_which_nobody_was_there_are_skipped_or_made_up_for_once) {
  for (const auto* missed : {"skip", "once"}) {
    asked.clear();
    auto x = every_minute();
    x.schedule_name = missed;
    x.expression = "@hourly";
    x.missed = missed;
    auto added = tests::ok(ask<schedule_added>(schedules, admin, x));
    end(keeper);
    pass(std::chrono::hours{5} + std::chrono::minutes{10});
    keeper = start_as(schedule_keeper_name, schedule_keeper, store);
    pass(5s);
    BOOST_TEST(asked.size() == (std::string_view{missed} == "once" ? 1u : 0u), missed);
    tests::ok(ask<done>(schedules, admin, schedules_to_delete{{missed}}));
  }
}

BOOST_AUTO_TEST_CASE(a_time_zone_that_is_gone_for_a_while_ends_no_schedule) {
  tests::ok(ask<schedule_added>(schedules, admin, every_minute()));
  tests::ok(db().run("update task_schedule set zone = ?", "Gone/Away"));
  pass(65s);
  BOOST_TEST(asked.empty());
  BOOST_TEST(shown().last_error.starts_with("time_zone: "));
  BOOST_TEST(shown().next.size() == 1u);
  pass(std::chrono::hours{2});
  BOOST_TEST(asked.empty());
  tests::ok(db().run("update task_schedule set zone = ?", "UTC"));
  pass(std::chrono::minutes{61});
  BOOST_REQUIRE(!asked.empty());
  BOOST_TEST(shown().last_error == "");
  auto before = asked.size();
  pass(std::chrono::minutes{10});
  BOOST_TEST(asked.size() == before + 10);
}

BOOST_AUTO_TEST_CASE(a_change_does_not_lose_a_time_that_is_due) {
  end(keeper);
  auto added = tests::ok(ask<schedule_added>(schedules, admin, every_minute()));
  pass(std::chrono::milliseconds{added.next[0].ms - now->now_ms()} + 1s);
  schedule_to_update x;
  x.schedule_id = added.schedule_id;
  x.schedule_name = "renamed";
  auto next = tests::ok(ask<schedule_added>(schedules, admin, x)).next;
  BOOST_TEST(next.at(0).ms == added.next[1].ms);
  keeper = start_as(schedule_keeper_name, schedule_keeper, store);
  pass(2s);
  BOOST_REQUIRE(asked.size() == 1u);
  BOOST_TEST(asked[0].find(":" + std::to_string(added.next[0].ms) + " ") != std::string::npos);
  BOOST_TEST(shown().schedule_name == "renamed");
}

BOOST_AUTO_TEST_CASE(a_slow_store_is_looked_at_once_at_a_time) {
  end(keeper);
  auto slow = std::make_shared<slow_executor>();
  auto access = std::make_shared<store_access>(*store);
  access->readers = slow;
  keeper = start_as(schedule_keeper_name, schedule_keeper, store_ptr{access});
  pass(10s);
  BOOST_REQUIRE(slow->tasks.size() == 1u);
  slow->tasks.front()();
  slow->tasks.clear();
  pass(10s);
  BOOST_TEST(slow->tasks.size() == 1u);
  slow->tasks.clear(); // Never done: the next one is, all the same.
  pass(10s);
  BOOST_TEST(slow->tasks.size() == 1u);
  slow->tasks.clear();
}

BOOST_AUTO_TEST_CASE(a_schedule_that_is_wrong_is_refused_with_its_field) {
  auto x = every_minute();
  x.expression = "61 * * * *";
  BOOST_TEST(detail(x) == "expression: minute: `61` must be from 0 to 59");
  x = every_minute();
  x.time_zone = "Nowhere";
  BOOST_TEST(detail(x).starts_with("time_zone: no such time zone"));
  x = every_minute();
  x.task_id = "none";
  BOOST_TEST(detail(x) == "task_id: no such task");
  x = every_minute();
  x.vars = json_text{"[]"};
  BOOST_TEST(detail(x) == "vars: must be an object");
  BOOST_TEST(detail(every_minute()) == "");
  BOOST_TEST(detail(every_minute()) == "schedule_name: exists already");
}

BOOST_AUTO_TEST_CASE(a_schedule_can_be_switched_off_and_is_its_owners_only) {
  auto id = tests::ok(ask<schedule_added>(schedules, admin, every_minute())).schedule_id;
  schedule_to_update off;
  off.schedule_id = id;
  off.enabled = false;
  BOOST_TEST((tests::failure_of(ask<schedule_added>(schedules, other, off)) == ec::bad_request));
  BOOST_TEST(tests::ok(ask<schedule_added>(schedules, admin, off)).next.empty());
  pass(130s);
  BOOST_TEST(asked.empty());
  off.enabled = true;
  tests::ok(ask<schedule_added>(schedules, admin, off));
  tests::ok(ask<done>(schedules, other, schedules_to_delete{{id}}));
  pass(61s);
  BOOST_TEST(asked.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
