#include "tests/cli/aops/support/command_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::cli::tests {

namespace {

constexpr const char* task1 = "00000000000000000000000000000011";

struct task_fixture : command_fixture {
  void know_tasks() {
    json task{{"task_id", task1},
              {"task_name", "first"},
              {"description", "about it"},
              {"template_name", {"zookeeper"}},
              {"host_list", json::array({{{"host_name", "web1"}, {"host_id", id1}}})},
              {"host_group_list", {"web"}}};
    node.answer("/manage/task/get",
                {{"total_count", 1}, {"total_page", 1}, {"task_infos", json::array({task})}});
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(templates_and_tasks, task_fixture)

BOOST_AUTO_TEST_CASE(a_template_is_imported_under_the_name_of_its_file) {
  auto play = file("zookeeper.yml", "- hosts: all\n  tasks:\n    - ping:\n");
  node.answer("/manage/template/import", json::object());
  BOOST_TEST(run({"template", "import", play}) == 0);
  auto content = json::array({{{"hosts", "all"}, {"tasks", json::array({{{"ping", nullptr}}})}}});
  BOOST_TEST(
    sent("/manage/template/import") ==
    json({{"template_name", "zookeeper"}, {"template_content", content}, {"description", ""}}));
  BOOST_TEST(run({"template",
                  "--action",
                  "import",
                  "--template_name",
                  "other",
                  "--template_content",
                  play,
                  "--descriptipn",
                  "about"}) == 0);
  BOOST_TEST(sent("/manage/template/import")["template_name"] == "other");
  BOOST_TEST(sent("/manage/template/import")["description"] == "about");
  BOOST_TEST(run({"template", "--action", "import"}) == 2);
}

BOOST_AUTO_TEST_CASE(what_is_no_playbook_is_refused_before_anything_is_sent) {
  BOOST_TEST(run({"template", "import", file("a.yml", "a: 1\nb: {\n")}) == 1);
  BOOST_TEST(told("a.yml: no valid YAML, line "));
  BOOST_TEST(told(", column "));
  BOOST_TEST(run({"template", "import", file("b.yml", "just a text\n")}) == 1);
  BOOST_TEST(told("b.yml: holds no playbook"));
  BOOST_TEST(node.seen().empty());
}

BOOST_AUTO_TEST_CASE(what_the_node_refuses_is_shown_where_it_stands_in_the_file) {
  node.answer("/manage/template/import",
              {{"code", 1000},
               {"msg", "request parameter error"},
               {"detail", "template_content[1].tasks[0]: names no module"}});
  auto play = file("a.yml", "- hosts: a\n- hosts: b\n  tasks:\n    - name: nothing\n");
  BOOST_TEST(run({"template", "import", play}) == 1);
  BOOST_TEST(told("template_content[1].tasks[0]: names no module"));
  BOOST_TEST(told("a.yml: line 4, column 7"));
}

BOOST_AUTO_TEST_CASE(templates_are_listed_and_deleted) {
  node.answer(
    "/manage/template/get",
    {{"total_count", 1},
     {"total_page", 1},
     {"template_infos", json::array({{{"template_name", "a"}, {"template_content", {1}}}})}});
  BOOST_TEST(run({"template",
                  "--action",
                  "query",
                  "--template_list",
                  "a",
                  "--sort",
                  "template_name",
                  "--direction",
                  "desc",
                  "--per_page",
                  "5"}) == 0);
  BOOST_TEST(sent("/manage/template/get") == json({{"template_list", {"a"}},
                                                   {"sort", "template_name"},
                                                   {"direction", "desc"},
                                                   {"page", 1},
                                                   {"per_page", 5}}));
  BOOST_TEST(printed()["template_infos"][0]["template_content"][0] == 1);
  node.answer("/manage/template/delete", json::object());
  BOOST_TEST(run({"template", "delete", "a", "b"}) == 1);
  BOOST_TEST(told("no template is called b"));
  BOOST_TEST(sent("/manage/template/delete") == json({{"template_list", {"a", "b"}}}));
}

BOOST_AUTO_TEST_CASE(a_task_is_generated_of_templates_hosts_steps_and_variables) {
  know_hosts();
  node.answer("/manage/task/generate", {{"task_id", task1}});
  BOOST_TEST(run({"task",
                  "--action",
                  "generate",
                  "--task_name",
                  "first",
                  "--template_name",
                  "b,a",
                  "--description",
                  "about"}) == 0);
  BOOST_TEST(
    sent("/manage/task/generate") ==
    json({{"task_name", "first"}, {"description", "about"}, {"template_name", {"b", "a"}}}));
  BOOST_TEST(printed()["task_id"] == task1);
  auto steps = file("steps.yml", "step_list:\n  b: {enable: true}\n  a: {continue: true}\n");
  auto vars = file("vars.yml", "port: 2181\n");
  BOOST_TEST(run({"task",
                  "generate",
                  "first",
                  "b",
                  "a",
                  "--host_list",
                  "web1",
                  "--host_group_list",
                  "web,db",
                  "--steps",
                  steps,
                  "--vars",
                  vars}) == 0);
  auto body = sent("/manage/task/generate");
  BOOST_TEST(body["template_name"] == json({"b", "a"}));
  BOOST_TEST(body["host_list"] == json::array({id1}));
  BOOST_TEST(body["host_group_list"] == json({"web", "db"}));
  BOOST_TEST(body["steps"] ==
             json::array({{{"step", "b"}, {"enable", true}}, {{"step", "a"}, {"continue", true}}}));
  BOOST_TEST(body["vars"] == json({{"port", 2181}}));
  BOOST_TEST(run({"task", "--action", "generate", "--task_name", "first"}) == 2);
}

BOOST_AUTO_TEST_CASE(the_contract_shows_tasks_as_a_line_and_a_list) {
  know_tasks();
  BOOST_TEST(run({"task", "--action", "query"}) == 0);
  BOOST_TEST(sent("/manage/task/get") ==
             json({{"task_list", json::array()}, {"page", 1}, {"per_page", 20}}));
  auto end = out.str().find('\n');
  auto line = *parse_json(out.str().substr(0, end));
  BOOST_TEST(line["total_count"] == 1);
  BOOST_TEST(!line.contains("task_infos"));
  auto list = *parse_json(out.str().substr(end));
  BOOST_TEST(list[0]["task_name"] == "first");
  BOOST_TEST(run({"task", "list"}) == 0);
  BOOST_TEST(printed()["task_infos"][0]["task_id"] == task1);
}

BOOST_AUTO_TEST_CASE(tasks_are_started_by_name_and_only_when_wanted) {
  know_tasks();
  node.answer("/manage/task/execute", {{"code", 1301}, {"msg", "Task execution failed."}});
  answers = {"no"};
  BOOST_TEST(run({"task", "execute", "first"}) == 0);
  BOOST_TEST(questions.at(0).find("about it") != std::string::npos);
  BOOST_TEST(questions.at(0).find("web1, group web") != std::string::npos);
  BOOST_TEST(told("nothing was started"));
  BOOST_TEST(node.last("/manage/task/execute").method.empty());
  answers = {"yes"};
  BOOST_TEST(run({"task", "execute", "first"}) == 1);
  BOOST_TEST(sent("/manage/task/execute") == json({{"task_list", {task1}}}));
  questions.clear();
  BOOST_TEST(run({"task", "execute", "first", "--yes"}) == 1);
  BOOST_TEST(questions.empty());
  BOOST_TEST(told("(1301)"));
}

BOOST_AUTO_TEST_CASE(a_task_that_nobody_knows_starts_nothing) {
  know_tasks();
  BOOST_TEST(run({"task", "execute", "first", "second"}) == 1);
  BOOST_TEST(told("no task is called second"));
  BOOST_TEST(node.last("/manage/task/execute").method.empty());
  node.answer("/manage/task/delete", json::object());
  BOOST_TEST(run({"task", "delete", "second", "--ignore-missing"}) == 0);
  BOOST_TEST(sent("/manage/task/delete") == json({{"task_list", {"second"}}}));
}

BOOST_AUTO_TEST_CASE(a_group_is_changed) {
  node.answer("/manage/host/group/update", json::object());
  BOOST_TEST(run({"group", "update", "web", "www"}) == 0);
  BOOST_TEST(sent("/manage/host/group/update") ==
             json({{"host_group_name", "web"}, {"new_name", "www"}}));
  BOOST_TEST(run({"group", "update", "web", "--description", "new"}) == 0);
  BOOST_TEST(sent("/manage/host/group/update") ==
             json({{"host_group_name", "web"}, {"description", "new"}}));
  BOOST_TEST(run({"group", "update", "web"}) == 2);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::cli::tests
