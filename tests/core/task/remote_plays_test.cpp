#include "runtime/core/task/remote_plays.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace aops;
using namespace aops::task;
using nlohmann::json;

BOOST_AUTO_TEST_CASE(texts_of_users_are_no_templates) {
  auto vars = json::parse(collect_vars({"/etc/{{ x }}"}));
  BOOST_TEST(vars["aops_files"][0]["path"]["__ansible_unsafe"] == "/etc/{{ x }}");
  file_to_push file;
  file.path = "/etc/{{ x }}";
  file.content = "{{ y }}";
  file.owner = "a:b";
  vars = json::parse(push_vars({{&file, command_line{{"true", "{{ z }}"}, true, 5}, {}}}));
  const auto& pushed = vars["aops_files"][0];
  BOOST_TEST(pushed["path"]["__ansible_unsafe"] == file.path);
  BOOST_TEST(pushed["content"] == "e3sgeSB9fQ==");
  BOOST_TEST(pushed["validate"]["argv"][1]["__ansible_unsafe"] == "{{ z }}");
  BOOST_TEST(!pushed.contains("activate"));
  auto play = json::parse(command_playbook({{"echo", "{{ a }}"}, false, 7}))[0];
  BOOST_TEST(play["become"] == false);
  BOOST_TEST(play["tasks"][0]["ansible.builtin.command"]["argv"][2] == "7");
  BOOST_TEST(play["tasks"][0]["ansible.builtin.command"]["argv"][4]["__ansible_unsafe"] ==
             "{{ a }}");
}

BOOST_AUTO_TEST_CASE(files_come_as_the_host_told_and_what_it_did_not_tell_is_asked_again) {
  host_configs_collected host;
  auto left = take_collected(
    R"({"told": [{"path": "/a", "content": "aGkK", "mode": "0644", "owner": "root:root"},
                 {"path": "/b", "content": "", "mode": "0600", "owner": "u:g"},
                 {"path": "/c", "state": "failed", "reason": "is not there"}]})",
    {"/a", "/b", "/c", "/d"},
    host);
  BOOST_TEST(left == std::vector<std::string>{"/d"}, boost::test_tools::per_element());
  BOOST_REQUIRE(host.infos.size() == 2u);
  BOOST_TEST(host.infos[0].content == "hi\n");
  BOOST_TEST(host.infos[0].file_attr == "0644");
  BOOST_TEST(host.infos[0].file_owner == "root:root");
  BOOST_TEST(host.infos[1].content == "");
  BOOST_TEST(host.fail_reasons.at(0).reason == "is not there");
  for (const char* junk : {"", "[]", "{}", R"({"told": {}})", R"({"told": [1, "x", null]})"})
    BOOST_TEST(take_collected(junk, {"/x"}, host).size() == 1u);
}

BOOST_AUTO_TEST_CASE(files_of_which_a_host_told_nothing_failed_for_its_reason) {
  file_to_push one, two;
  one.path = "/a";
  two.path = "/b";
  std::vector<prepared_file> files{{&one, {}, {}}, {&two, {}, {}}};
  auto told =
    take_pushed(R"({"told": [{"path": "/a", "state": "pushed", "backup": "/a~"}]})", files, "gone");
  BOOST_TEST(told.at(0).state == "pushed");
  BOOST_TEST(told.at(0).backup == "/a~");
  BOOST_TEST(told.at(1).state == "failed");
  BOOST_TEST(told.at(1).reason == "gone");
  BOOST_TEST(*exit_status_in(R"({"rc": 3})") == 3);
  BOOST_TEST(!exit_status_in("{}"));
}
