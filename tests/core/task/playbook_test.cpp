#include "runtime/base/json_library.hpp"
#include "runtime/core/task/playbook.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::task {

namespace {

/// Empty when the playbook is taken, else why not.
std::string trouble(std::string_view text) {
  auto fine = check_playbook(base::json::parse(text), "content");
  if (fine)
    return {};
  BOOST_TEST(fine.error().code == ec::bad_request);
  return fine.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(playbook)

BOOST_AUTO_TEST_CASE(real_playbooks_are_taken) {
  BOOST_TEST(trouble(R"([{"hosts": "all", "become": true, "vars": {"a": 1},
    "tasks": [{"name": "install", "dnf": {"name": "zookeeper"}},
              {"block": [{"command": "true"}], "rescue": [{"fail": {"msg": "no"}}]}],
    "roles": ["zookeeper", {"role": "kafka", "tags": ["x"]}]}])") == "");
  BOOST_TEST(trouble(R"([{"hosts": ["a", "b"]}])") == "");
  BOOST_TEST(trouble(R"([{"import_playbook": "other.yml"}])") == "");
  BOOST_TEST(trouble(R"([{"hosts": "all", "tasks": null, "gather_facts": "{{ gather }}"}])") == "");
}

BOOST_AUTO_TEST_CASE(objects_are_taken_as_they_are) {
  BOOST_TEST(trouble(R"({"a": 1})") == "");
  BOOST_TEST(trouble(R"({"hosts": "all", "roles": ["x"]})") == "");
  BOOST_TEST(trouble(R"({"step_list": {"zookeeper": {"enable": true}}})") == "");
}

BOOST_AUTO_TEST_CASE(what_is_no_playbook_is_refused) {
  for (const auto* text : {"1", "true", "\"text\"", "null"})
    BOOST_TEST(trouble(text) == "content: must be a list of plays, or an object");
  BOOST_TEST(trouble("[]") == "content: is empty");
  BOOST_TEST(trouble("{}") == "content: is empty");
  BOOST_TEST(trouble("[1]") == "content[0]: must be a play, which is an object");
  BOOST_TEST(trouble(R"([{"hosts": "a"}, {"tasks": []}])") == "content[1].hosts: is missing");
}

BOOST_AUTO_TEST_CASE(the_path_says_what_has_the_wrong_type) {
  auto in_play = [](const std::string& member) {
    return trouble(R"([{"hosts": "a", )" + member + "}]");
  };
  BOOST_TEST(trouble(R"([{"hosts": 1}])") ==
             "content[0].hosts: must be a text, or a list of texts");
  BOOST_TEST(trouble(R"([{"hosts": []}])") ==
             "content[0].hosts: must be a text, or a list of texts");
  BOOST_TEST(trouble(R"([{"hosts": " "}])") ==
             "content[0].hosts: must be a text, or a list of texts");
  BOOST_TEST(in_play(R"("tasks": {})") == "content[0].tasks: must be a list");
  BOOST_TEST(in_play(R"("tasks": ["x"])") == "content[0].tasks[0]: must be an object");
  BOOST_TEST(in_play(R"("tasks": [{"name": "does nothing", "when": "true"}])") ==
             "content[0].tasks[0]: names no module");
  BOOST_TEST(in_play(R"("tasks": [{"block": [{"ping": {}}, {}]}])") ==
             "content[0].tasks[0].block[1]: names no module");
  BOOST_TEST(in_play(R"("roles": [{}])") == "content[0].roles[0]: names no role");
  BOOST_TEST(in_play(R"("roles": [1])") ==
             "content[0].roles[0]: must be the name of a role, or an object");
  BOOST_TEST(in_play(R"("vars": [])") == "content[0].vars: must be an object");
  BOOST_TEST(in_play(R"("become": 1)") == "content[0].become: must be true or false");
  BOOST_TEST(in_play(R"("name": 1)") == "content[0].name: must be a text");
  BOOST_TEST(trouble(R"([{"import_playbook": 1}])") ==
             "content[0].import_playbook: must be a text");
  BOOST_TEST(trouble(R"({"hosts": 1})") == "content.hosts: must be a text, or a list of texts");
  BOOST_TEST(trouble(R"({"tasks": 1})") == "content.tasks: must be a list");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::task
