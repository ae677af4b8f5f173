#include "runtime/base/digest.hpp"
#include "runtime/base/json_library.hpp"
#include "tests/io/ansible/stage.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace own_modules_test {

using namespace aops;
using namespace aops::tests;
using ansible::event_kind;
using nlohmann::json;

namespace {

/// What a module of our own does on this machine.
ansible::play_event told_by(const char* module, const json& arguments) {
  stage s;
  auto order = local_play("module", json{{"name", "it"}, {module, arguments}}.dump());
  order.has_own_modules = order.keeps_results = true;
  s.start(std::move(order));
  s.end();
  return s.wait_for(
    [](const auto& e) { return e.kind == event_kind::ok || e.kind == event_kind::failed; });
}

ansible::play_event ran(const json& argv) { return told_by("aops_command", {{"argv", argv}}); }

json files_told(const json& arguments) {
  return json::parse(told_by("aops_files", arguments).result)["told"];
}

std::string read(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream{path}.rdbuf();
  return out.str();
}

} // namespace

BOOST_AUTO_TEST_CASE(a_command_gets_its_arguments_as_they_are) {
  auto event = ran({"printf", "%s|", "$HOME", "${PATH}", "~", "~root/x", "a b", "ä", ""});
  BOOST_TEST((event.kind == event_kind::ok));
  BOOST_TEST(event.output == "$HOME|${PATH}|~|~root/x|a b|ä||");
  BOOST_TEST(*event.exit_status == 0);
}

BOOST_AUTO_TEST_CASE(a_command_that_fails_tells_its_status_and_what_it_printed) {
  auto event = ran({"sh", "-c", "echo out; echo why >&2; exit 3"});
  BOOST_TEST((event.kind == event_kind::failed));
  BOOST_TEST(event.output == "out\nwhy");
  BOOST_TEST(event.message == "non-zero return code: why");
  BOOST_TEST(*event.exit_status == 3);
  event = ran({"/nonexistent/program"});
  BOOST_TEST((event.kind == event_kind::failed));
  BOOST_TEST(event.message.find("/nonexistent/program") != std::string::npos, event.message);
}

BOOST_AUTO_TEST_CASE(a_command_that_is_followed_tells_its_lines_as_they_come) {
  stage s;
  auto command = [](const char* script, const std::string& name) {
    return json{{"name", "it"},
                {"aops_command", {{"argv", {"sh", "-c", script}}, {"follow", name}}},
                {"register", "ran"},
                {"until", "ran.ended | default(true)"},
                {"retries", 100},
                {"delay", 0}};
  };
  auto order = local_play("followed",
                          command("echo one; sleep 2; echo two; printf three >&2; exit 3",
                                  fmt::format("test-{}", ::getpid()))
                            .dump());
  order.has_own_modules = true;
  s.start(std::move(order));
  auto first = s.wait_for(event_kind::retried);
  BOOST_TEST(first.output == "one\n");
  BOOST_TEST(!s.is_over());
  auto last = s.wait_for(event_kind::failed);
  BOOST_TEST(last.output == "two\nthree");
  BOOST_TEST(*last.exit_status == 3);
  s.end();
}

BOOST_AUTO_TEST_CASE(what_a_command_prints_without_end_or_leaves_running_does_not_hold_it) {
  auto event =
    ran({"sh", "-c", "head -c 30000000 /dev/zero | tr '\\0' x; sleep 983 & echo end >&2"});
  BOOST_TEST((event.kind == event_kind::ok));
  BOOST_TEST(event.result.size() < 2'000'000u);
  BOOST_TEST(event.result.find("bytes more") != std::string::npos);
  BOOST_TEST(json::parse(event.result)["stderr"] == "end");
}

BOOST_AUTO_TEST_CASE(files_are_told_as_far_as_the_budget_goes_and_one_in_any_case) {
  temp_folder folder;
  json files = json::array();
  for (const auto* name : {"a", "b", "c"}) {
    std::ofstream{folder / name} << std::string(900, *name);
    files.push_back({{"path", folder / name}});
  }
  BOOST_TEST(files_told({{"files", files}, {"budget", 3000}}).size() ==
             2u); // 1200 each, in base64.
  BOOST_TEST(files_told({{"files", files}, {"budget", 1000}}).size() == 1u);
  BOOST_TEST(files_told({{"files", files}, {"budget", 3600}}).size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_what_is_known_of_it_is_not_told_again) {
  temp_folder folder;
  std::ofstream{folder / "a"} << "hi\n";
  auto told = files_told({{"files", {{{"path", folder / "a"}}}}})[0];
  BOOST_TEST(told["content"] == "aGkK");
  auto known = [&](const std::string& content) {
    auto head = told["mode"].get<std::string>() + "\n" + told["owner"].get<std::string>() + "\n";
    return files_told(
      {{"files", {{{"path", folder / "a"}, {"known", base::sha256_hex(head + content)}}}}})[0];
  };
  BOOST_TEST(known("hi\n") == (json{{"path", folder / "a"}, {"same", true}}));
  BOOST_TEST(known("ho\n")["content"] == "aGkK");
  std::filesystem::permissions(folder / "a", std::filesystem::perms::owner_read);
  BOOST_TEST(known("hi\n")["content"] == "aGkK"); // Its mode is another one.
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_replaced_loses_nothing_of_the_others) {
  temp_folder folder;
  std::filesystem::create_directory(folder / "folder");
  auto file = [&](const char* name, json more = json::object()) {
    more["path"] = folder / name;
    more["content"] = "eA==";
    return more;
  };
  auto told = files_told(
    {{"pushes", true},
     {"files",
      {file("one"),
       file("two", {{"owner", "99999999999999999999:0"}}), // No number of a user: an OverflowError.
       file("folder"),
       file("three"),
       {{"path", folder / "four"}, {"content", "?"}}}}});
  BOOST_REQUIRE(told.size() == 5u);
  std::vector<std::string> states;
  for (const auto& x : told)
    states.push_back(x["state"]);
  BOOST_TEST(states == (std::vector<std::string>{"pushed", "failed", "failed", "pushed", "failed"}),
             boost::test_tools::per_element());
  BOOST_TEST(!told[1]["reason"].get<std::string>().empty());
  BOOST_TEST(read(folder / "one") == "x");
  BOOST_TEST(read(folder / "three") == "x");
  BOOST_TEST(!std::filesystem::exists(folder / "two"));
}

BOOST_AUTO_TEST_CASE(a_backup_that_cannot_be_made_is_the_outcome_of_its_file) {
  temp_folder folder;
  std::ofstream{folder / "one"} << "was";
  // A name for which there is no room with a date behind it: the file is, its backup is not.
  auto long_name = std::string(250, 'n');
  std::ofstream{folder / long_name} << "was";
  json files{{{"path", folder / "one"}, {"content", "eA=="}},
             {{"path", folder / long_name}, {"content", "eA=="}}};
  auto told = files_told({{"pushes", true}, {"files", files}});
  BOOST_REQUIRE(told.size() == 2u);
  BOOST_TEST(told[0]["state"] == "pushed");
  BOOST_TEST(told[1]["state"] == "failed");
  BOOST_TEST(read(folder / long_name) == "was");
}

} // namespace own_modules_test
