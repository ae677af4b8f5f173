#include "runtime/base/json_library.hpp"
#include "runtime/core/task/remote_plays.hpp"

#include <boost/test/unit_test.hpp>

namespace remote_plays_test {

using namespace aops;
using namespace aops::task;
using nlohmann::json;

BOOST_AUTO_TEST_CASE(texts_of_users_are_no_templates) {
  auto vars = json::parse(collect_vars({{"/etc/{{ x }}", {}}}));
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
  auto followed = json::parse(command_playbook({{"echo"}, false, 7}, "run-1"))[0]["tasks"][0];
  BOOST_TEST(followed["aops_command"]["follow"] == "run-1-{{ inventory_hostname }}");
  BOOST_TEST(followed["retries"].get<int>() > 7);
  BOOST_TEST(followed["delay"] == 0);
  auto play = json::parse(command_playbook({{"echo", "{{ a }}"}, false, 7}))[0];
  BOOST_TEST(!play["tasks"][0].contains("until"));
  BOOST_TEST(play["become"] == false);
  // Ansible's own module of this name would read `$HOME` and `~` in arguments.
  const auto& argv = play["tasks"][0]["aops_command"]["argv"];
  BOOST_TEST(argv[2] == "7");
  BOOST_TEST(argv[4]["__ansible_unsafe"] == "{{ a }}");
}

namespace {

std::vector<file_to_check> nothing_known_of(const std::vector<std::string>& paths) {
  std::vector<file_to_check> out;
  for (const auto& path : paths)
    out.push_back({path, {}});
  return out;
}

std::string paths_in(const std::vector<file_to_check>& files) {
  std::string out;
  for (const auto& file : files)
    out += file.path + " ";
  return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_known_of_a_file_is_asked_along_and_believed_only_then) {
  auto known = known_digest("0644", "root:root", "hi\n");
  BOOST_TEST(known == "3b31acfcaeb8cac893a941434d1ff1f8db99d6f5511800af241fe8e79f85ffae");
  auto vars = json::parse(collect_vars({{"/a", known}, {"/b", {}}}));
  BOOST_TEST(vars["aops_files"][0]["known"] == known);
  BOOST_TEST(!vars["aops_files"][1].contains("known"));
  host_files_checked host;
  auto left =
    take_collected(R"({"told": [{"path": "/a", "same": true}, {"path": "/b", "same": true}]})",
                   {{"/a", known}, {"/b", {}}},
                   host);
  BOOST_TEST(left.empty());
  BOOST_TEST(host.unchanged == std::vector<std::string>{"/a"}, boost::test_tools::per_element());
  BOOST_TEST(host.read.fail_reasons.at(0).path == "/b"); // Nothing was known of it.
}

BOOST_AUTO_TEST_CASE(files_come_as_the_host_told_and_what_it_did_not_tell_is_asked_again) {
  host_files_checked checked;
  auto& host = checked.read;
  auto left = take_collected(
    R"({"told": [{"path": "/a", "content": "aGkK", "mode": "0644", "owner": "root:root"},
                 {"path": "/b", "content": "", "mode": "0600", "owner": "u:g"},
                 {"path": "/c", "state": "failed", "reason": "is not there"}]})",
    nothing_known_of({"/a", "/b", "/c", "/d"}),
    checked);
  BOOST_TEST(paths_in(left) == "/d ");
  BOOST_REQUIRE(host.infos.size() == 2u);
  BOOST_TEST(host.infos[0].content == "hi\n");
  BOOST_TEST(host.infos[0].file_attr == "0644");
  BOOST_TEST(host.infos[0].file_owner == "root:root");
  BOOST_TEST(host.infos[1].content == "");
  BOOST_TEST(host.fail_reasons.at(0).reason == "is not there");
  for (const char* junk : {"", "[]", "{}", R"({"told": {}})", R"({"told": [1, "x", null]})"})
    BOOST_TEST(take_collected(junk, nothing_known_of({"/x"}), checked).size() == 1u);
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
}

BOOST_AUTO_TEST_CASE(a_host_tells_of_what_it_was_asked_for_and_once) {
  host_files_checked checked;
  auto& host = checked.read;
  auto left = take_collected(
    R"({"told": [{"path": "/b", "content": "aGkK"}, {"path": "/a", "content": "aGkK"},
                 {"path": "/a", "content": ""}, {"path": "/a", "reason": "again"}, {"content": "aGkK"},
                 {"path": "/c", "content": "//79"}]})",
    nothing_known_of({"/a", "/c", "/d"}),
    checked);
  BOOST_TEST(paths_in(left) == "/d ");
  BOOST_REQUIRE(host.infos.size() == 1u);
  BOOST_TEST(host.infos[0].content == "hi\n");
  BOOST_TEST(host.success_files == std::vector<std::string>{"/a"},
             boost::test_tools::per_element());
  BOOST_REQUIRE(host.fail_reasons.size() == 1u);
  BOOST_TEST(host.fail_reasons[0].path == "/c");
  BOOST_TEST(host.fail_reasons[0].reason == "is no text in UTF-8");
}

BOOST_AUTO_TEST_CASE(what_a_host_tells_of_a_file_is_bounded) {
  file_to_push one;
  one.path = "/a";
  auto long_text = std::string(999, 'x') + "ä" + std::string(100'000, 'y');
  json told{{"told", {{{"state", long_text}, {"reason", long_text}, {"output", long_text}}}}};
  auto x = take_pushed(told.dump(), {{&one, {}, {}}}, "").at(0);
  BOOST_TEST(x.state == "failed");
  BOOST_TEST(x.reason == std::string(999, 'x'));
  BOOST_TEST(x.output.size() < 40'000u);
  std::string deep(1'000'000, '[');
  deep += std::string(1'000'000, ']');
  BOOST_TEST(take_pushed(R"({"told": [)" + deep + "]}", {{&one, {}, {}}}, "why").at(0).reason ==
             "why");
}

BOOST_AUTO_TEST_CASE(a_play_outlasts_what_it_does_on_its_hosts_in_rounds) {
  BOOST_TEST(play_seconds(1, 50, 60) > 60);
  BOOST_TEST(play_seconds(100, 50, 60) > 2 * 60);
  BOOST_TEST(play_seconds(101, 50, 3600) > 3 * 3600);
  BOOST_TEST(play_seconds(7, 0, 10) > 7 * 10);
  file_to_push file;
  prepared_file judged{&file, command_line{{"a"}, true, 30}, command_line{{"b"}, true, 100}};
  prepared_file plain{&file, {}, {}};
  BOOST_TEST(push_seconds({judged, plain, judged}) > 2 * (30 + 100 + 100)); // Put back, and again.
  BOOST_TEST(push_seconds({plain}) == 0);
}

} // namespace remote_plays_test
