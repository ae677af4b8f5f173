#include "messages/roles/repeat.hpp"
#include "messages/roles/task.hpp"
#include "messages/roles/template.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

struct repeats_fixture : tests::store_fixture {
  ~repeats_fixture() { end_all(); }

  host_store_actor hosts = of<host_store_actor>(host_store_name);

  /// Somebody whose request comes with a key.
  static caller with_key(caller who, std::string key, std::string digest = "d") {
    who.repeatable = {std::move(key), std::move(digest)};
    return who;
  }

  expected<host_group_added> add_group(const caller& who, const std::string& name) {
    return ask<host_group_added>(hosts, who, host_group_to_add{name, ""});
  }

  hosts_added add_hosts(const caller& who, std::vector<std::string> names) {
    hosts_to_add x;
    for (const auto& name : names) {
      host_to_add host;
      host.host_name = name;
      host.public_ip = name + ".example.org";
      x.host_list.push_back(host);
    }
    return tests::ok(ask<hosts_added>(hosts, who, x));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(requests_that_come_again, repeats_fixture)

BOOST_AUTO_TEST_CASE(a_group_is_added_once_for_a_key) {
  auto who = with_key(admin, "k");
  auto first = tests::ok(add_group(who, "web"));
  BOOST_TEST(tests::ok(add_group(who, "web")).host_group_id == first.host_group_id);
  BOOST_TEST(tests::failure_of(add_group(admin, "web")) == ec::conflict);
  BOOST_TEST(tests::failure_of(add_group(with_key(admin, "l"), "web")) == ec::conflict);
  BOOST_TEST(tests::failure_of(add_group(with_key(admin, "k", "other"), "db")) == ec::bad_request);
  BOOST_TEST(count("select count(*) from host_group") == 1);
  BOOST_TEST(count("select count(*) from audit_log where action = 'group.add'") == 1);
  tests::ok(add_group(with_key(other, "k"), "web")); // The key of somebody else is another one.
}

BOOST_AUTO_TEST_CASE(hosts_added_in_part_are_told_again_as_they_were) {
  add_hosts(admin, {"a"});
  auto who = with_key(admin, "k");
  auto first = add_hosts(who, {"a", "b"});
  BOOST_TEST(first.code == 206);
  auto second = add_hosts(who, {"a", "b"});
  BOOST_TEST(second.code == 206);
  BOOST_TEST(second.host_list == first.host_list, boost::test_tools::per_element());
  BOOST_REQUIRE(second.fail_list.size() == 1u);
  BOOST_TEST(second.fail_list[0].reason == first.fail_list[0].reason);
  BOOST_TEST(second.succeed_list.at(0).host_id == first.host_list.at(0));
  BOOST_TEST(count("select count(*) from host") == 2);
}

BOOST_AUTO_TEST_CASE(rules_trees_templates_and_tasks_are_stored_once_for_a_key) {
  auto who = with_key(admin, "rule");
  auto rules = of<rule_store_actor>(rule_store_name);
  check_rule rule;
  rule.check_item = "r";
  rule.data_list.push_back({"m", "kpi", {}});
  rule.condition = "$0 > 1";
  for (int i = 0; i < 2; ++i) {
    auto told = tests::ok(ask<rules_imported>(rules, who, rules_to_import{{rule}}));
    BOOST_TEST(told.succeed_list.size() == 1u); // The second time it would be an update.
  }
  who = with_key(admin, "tree");
  auto trees = of<tree_store_actor>(tree_store_name);
  tree_to_import tree;
  tree.tree_name = "t";
  tree.tree_content.text =
    R"({"node name": "t", "condition": "a", "children": [{"node name": "a", "check item": "r"}]})";
  for (int i = 0; i < 2; ++i) {
    auto told = tests::ok(ask<trees_imported>(trees, who, trees_to_import{{tree}}));
    BOOST_TEST(told.succeed_list.size() + told.fail_list.size() == 1u);
    BOOST_TEST(told.update_list.empty());
  }
  who = with_key(admin, "template");
  auto templates = of<template_store_actor>(template_store_name);
  template_to_import play{"p", json_text{R"([{"hosts":"all"}])"}, ""};
  for (int i = 0; i < 2; ++i)
    tests::ok(ask<template_imported>(templates, who, play));
  who = with_key(admin, "task");
  auto tasks = of<task_store_actor>(task_store_name);
  deploy_task_to_generate task;
  task.task_name = "t";
  task.template_name = {"p"};
  auto first = tests::ok(ask<deploy_task_generated>(tasks, who, task)).task_id;
  BOOST_TEST(tests::ok(ask<deploy_task_generated>(tasks, who, task)).task_id == first);
}

BOOST_AUTO_TEST_CASE(an_answer_of_several_steps_is_the_first_that_was_kept) {
  auto repeats = of<repeat_store_actor>(repeat_store_name);
  answer_to_keep x{"ann", {"k", "d"}, "\"first\""};
  BOOST_TEST(tests::ok(ask<answer_kept>(repeats, x)).answer == "\"first\"");
  x.answer = "\"second\"";
  BOOST_TEST(tests::ok(ask<answer_kept>(repeats, x)).answer == "\"first\"");
  x.request.digest = "other";
  BOOST_TEST(tests::failure_of(ask<answer_kept>(repeats, x)) == ec::bad_request);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
