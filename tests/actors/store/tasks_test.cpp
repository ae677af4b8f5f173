#include "actors/store/task_store.hpp"
#include "actors/support/prepare.hpp"
#include "messages/roles/host_info.hpp"
#include "messages/roles/task.hpp"
#include "messages/roles/template.hpp"
#include "messages/roles/vault.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

#include <set>

namespace aops::actors {

namespace {

struct tasks_fixture : tests::store_fixture {
  tasks_fixture() {
    start_as(vault_name, [this](vault_actor::pointer self) -> vault_actor::behavior_type {
      prepare(self, "canned vault");
      auto has = [this](const std::string& whose) -> caf::result<done> {
        if (unlocked.contains(whose))
          return done{};
        return refuse(ec::vault_key);
      };
      return {
        [](const caller&, const vault_key_to_enter&) { return done{}; },
        [](const caller&, const vault_key_to_change&) { return done{}; },
        [has](const caller& who, const session_key_query&) { return has(who.session); },
        [](const node_key_query&) -> caf::result<done> { return refuse(ec::vault_key); },
        [has](const user_key_query& x) { return has(x.user); },
        [](const sessions_changed&) {},
        [](atom::ping) {},
      };
    });
    admin.session = "s1";
  }
  ~tasks_fixture() { end_all(); }

  std::set<std::string> unlocked; ///< Sessions, and users, that have a vault key.

  template_store_actor templates = of<template_store_actor>(template_store_name);
  task_store_actor tasks = of<task_store_actor>(task_store_name);
  host_info_store_actor facts = of<host_info_store_actor>(host_info_store_name);

  expected<template_imported> import(const std::string& name,
                                     const std::string& content = R"([{"hosts": "all"}])") {
    return ask<template_imported>(
      templates, admin, template_to_import{name, json_text{content}, "about " + name});
  }

  static deploy_task_to_generate task_of(std::vector<std::string> names) {
    deploy_task_to_generate x;
    x.task_name = "a task";
    x.template_name = std::move(names);
    return x;
  }

  expected<deploy_task_generated> generate(const deploy_task_to_generate& x) {
    return ask<deploy_task_generated>(tasks, admin, x);
  }

  deploy_tasks_page list(const caller& who) {
    return tests::ok(ask<deploy_tasks_page>(tasks, who, deploy_tasks_query{}));
  }

  host_infos_found query(const caller& who, std::vector<std::string> ids, bool basic = false) {
    host_infos_query q;
    q.host_list = std::move(ids);
    q.basic = basic;
    return tests::ok(ask<host_infos_found>(facts, who, q));
  }

  expected<host_infos_saved> save(const caller& who, host_infos_to_save x) {
    return ask<host_infos_saved>(facts, who, x);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(templates_and_tasks, tasks_fixture)

BOOST_AUTO_TEST_CASE(a_template_that_is_no_playbook_is_refused_with_its_path) {
  auto refused = import("a", R"([{"hosts": "all", "tasks": {}}])");
  BOOST_TEST(tests::failure_of(refused) == ec::bad_request);
  BOOST_TEST(refused.error().detail == "template_content[0].tasks: must be a list");
  auto longest = "[\"" + std::string(size_t{1} << 20, 'x') + "\"]";
  BOOST_TEST(tests::failure_of(import("a", longest)) == ec::bad_request);
  tests::ok(import("a"));
  BOOST_TEST(tests::failure_of(import("a")) == ec::conflict);
  auto page = tests::ok(ask<templates_page>(templates, admin, templates_query{}));
  BOOST_TEST(page.template_infos.at(0).template_content.text == R"([{"hosts": "all"}])");
}

BOOST_AUTO_TEST_CASE(each_administrator_has_templates_and_tasks_of_his_own) {
  tests::ok(import("a"));
  tests::ok(generate(task_of({"a"})));
  BOOST_TEST(tests::ok(ask<templates_page>(templates, other, templates_query{})).total_count == 0);
  BOOST_TEST(list(other).total_count == 0);
  tests::ok(ask<done>(templates, other, templates_to_delete{{"a"}}));
  tests::ok(ask<done>(tasks, other, deploy_tasks_to_delete{{"a task"}}));
  BOOST_TEST(list(admin).total_count == 2);
  BOOST_TEST(tests::ok(ask<templates_page>(templates, admin, templates_query{})).total_count == 1);
}

BOOST_AUTO_TEST_CASE(a_generated_task_has_its_templates_as_steps) {
  tests::ok(import("a"));
  tests::ok(import("b"));
  auto id = tests::ok(generate(task_of({"b", "a"}))).task_id;
  BOOST_TEST(id.size() == 32u);
  auto task = list(admin).task_infos.at(1);
  BOOST_TEST(task.task_id == id);
  BOOST_REQUIRE(task.steps.size() == 2u);
  BOOST_TEST(task.steps[0].step == "b");
  BOOST_TEST(task.steps[0].enable);
  auto unknown = generate(task_of({"a", "c"}));
  BOOST_TEST(tests::failure_of(unknown) == ec::bad_request);
  BOOST_TEST(unknown.error().detail == "template_name[1]: no such template");
  auto wrong = task_of({"a"});
  wrong.vars = json_text{"[]"};
  BOOST_TEST(tests::failure_of(generate(wrong)) == ec::bad_request);
}

BOOST_AUTO_TEST_CASE(a_task_may_come_with_an_id) {
  tests::ok(import("a"));
  deploy_task_to_add x;
  x.task_id = "mine";
  x.task_name = "t";
  x.template_name = {"a"};
  BOOST_TEST(tests::ok(ask<deploy_task_generated>(tasks, admin, x)).task_id == "mine");
  auto hers = x; // She has no such template.
  hers.task_id = "hers";
  BOOST_TEST(tests::failure_of(ask<deploy_task_generated>(tasks, other, hers)) == ec::bad_request);
  BOOST_TEST(tests::failure_of(ask<deploy_task_generated>(tasks, admin, x)) == ec::conflict);
}

BOOST_AUTO_TEST_CASE(the_default_task_is_there_from_the_beginning_and_may_be_deleted) {
  auto task = list(admin).task_infos.at(0);
  BOOST_TEST(task.task_id == "95c3e692ff3811ebbcd3a89d3a259eef");
  BOOST_TEST(task.task_name == "Default deployment");
  BOOST_TEST(task.steps.size() == 14u);
  BOOST_TEST(task.template_name.empty());
  tests::ok(ask<done>(tasks, admin, deploy_tasks_to_delete{{task.task_id}}));
  tests::ok(seed_default_task(db(), 1)); // The next start.
  BOOST_TEST(list(admin).total_count == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(facts_of_hosts, tasks_fixture)

BOOST_AUTO_TEST_CASE(saved_facts_are_shown_to_whoever_sees_the_host) {
  add_host("1");
  auto saved = tests::ok(save(admin, {{{"1", json_text{R"({"os":{"bios_version":"3"}})"}}}}));
  BOOST_TEST(saved.code == 200);
  auto shown = query(admin, {"1", "no"});
  BOOST_REQUIRE(shown.host_infos.size() == 1u);
  BOOST_TEST(shown.host_infos[0].infos.text == R"({"os":{"bios_verison":"3","bios_version":"3"}})");
  BOOST_TEST(*query(admin, {"1"}, true).host_infos.at(0).host_name == "name-1");
  BOOST_TEST(query(other, {"1"}).host_infos.empty());
  caller nobodys{"joe", "", rights::ordinary, false, {}, {}};
  BOOST_TEST(query(nobodys, {"1"}).host_infos.empty());
  BOOST_TEST(query(nobodys, {"1"}, true).host_infos.empty());
  tests::ok(ask<done>(facts, admin, host_infos_to_delete{{"1", "no"}}));
  BOOST_TEST(query(admin, {"1"}).host_infos.at(0).infos.text == "{}");
}

BOOST_AUTO_TEST_CASE(facts_of_unknown_hosts_are_told_and_those_of_others_are_unknown) {
  add_host("1");
  auto some = tests::ok(save(admin, {{{"1", json_text{"{}"}}, {"no", json_text{"{}"}}}}));
  BOOST_TEST(some.code == 206);
  BOOST_TEST(some.fail_list == std::vector<std::string>{"no"}, boost::test_tools::per_element());
  BOOST_TEST(tests::ok(save(other, {{{"1", json_text{"{}"}}}})).code == 1102);
  caller service{"service", "", rights::ordinary, false, {}, {}};
  BOOST_TEST(tests::ok(save(service, {{{"1", json_text{"{}"}}}})).code == 1102);
  BOOST_TEST(tests::ok(save(service, {{{"1", json_text{"{}"}}}, true})).code == 200);
  auto wrong = save(admin, {{{"1", json_text{"{}"}}, {"1", json_text{"[]"}}}});
  BOOST_TEST(tests::failure_of(wrong) == ec::bad_request);
  BOOST_TEST(wrong.error().detail == "host_infos[1].infos: must be an object");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
