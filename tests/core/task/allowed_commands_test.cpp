#include "runtime/core/task/allowed_commands.hpp"

#include <boost/test/unit_test.hpp>

namespace allowed_commands_test {

using namespace aops;
using namespace aops::task;

namespace {

constexpr const char* list = R"({
  "restart": {"argv": ["systemctl", "restart", "{unit}"], "args": {"unit": "[a-z][a-z0-9-]*"}, "timeout": 30},
  "tail": {"argv": ["tail", "-n{lines}", "--", "/var/log/{name}.log"], "args": {"lines": "[0-9]+", "name": ".*"}, "as_root": false},
  "check": {"argv": ["nginx", "-t", "-c", "{file}"]}
})";

std::string run(const std::string& id,
                const std::map<std::string, std::string>& args,
                bool takes_file = false) {
  auto line = command_with(*parse_commands(list), id, args, takes_file);
  if (!line)
    return "! " + line.error().detail;
  std::string out;
  for (const auto& part : line->argv)
    out += "[" + part + "]";
  return out;
}

std::string refused(const std::string& text) {
  auto read = parse_commands(text);
  return read ? "taken" : read.error().detail;
}

} // namespace

BOOST_AUTO_TEST_CASE(arguments_take_their_places_and_stay_one_word) {
  BOOST_TEST(run("restart", {{"unit", "nginx"}}) == "[systemctl][restart][nginx]");
  BOOST_TEST(run("tail", {{"lines", "5"}, {"name", "a b; rm -rf / {lines} $(x) `y`"}}) ==
             "[tail][-n5][--][/var/log/a b; rm -rf / {lines} $(x) `y`.log]");
  BOOST_TEST(run("check", {}, true) == "[nginx][-t][-c][{file}]");
}

BOOST_AUTO_TEST_CASE(what_does_not_match_is_refused) {
  BOOST_TEST(run("rm", {}).starts_with("! command_id"));
  BOOST_TEST(run("restart", {}) == "! args.unit: is missing");
  BOOST_TEST(run("restart", {{"unit", "a;b"}}).starts_with("! args.unit: must match"));
  BOOST_TEST(run("restart", {{"unit", "nginx\n"}}).starts_with("! args.unit: must match"));
  BOOST_TEST(run("restart", {{"unit", "a"}, {"more", "b"}}).starts_with("! args:"));
  BOOST_TEST(run("check", {}) == "! command_id: is for files that are to be judged");
  auto loose = parse_commands(R"({"x": {"argv": ["cat", "{name}"], "args": {"name": ".*"}}})");
  BOOST_TEST(command_with(*loose, "x", {{"name", "--help"}}).error().detail ==
             "args.name: must not begin with `-`");
}

BOOST_AUTO_TEST_CASE(a_list_that_is_wrong_is_told_with_its_path) {
  BOOST_TEST(refused("[]") == "must be an object of commands by name");
  BOOST_TEST(refused(R"({"x": {}})") == "x.argv: is missing");
  BOOST_TEST(refused(R"({"x": {"argv": []}})").starts_with("x.argv: must be a list"));
  BOOST_TEST(
    refused(R"({"x": {"argv": ["{p}"], "args": {"p": "."}}})").starts_with("x.argv: must begin"));
  BOOST_TEST(refused(R"({"x": {"argv": ["a", "{p}"]}})") == "x.args: says nothing of `{p}`");
  BOOST_TEST(refused(R"({"x": {"argv": ["a"], "args": {"p": "."}}})") ==
             "x.args.p: stands nowhere in argv");
  BOOST_TEST(refused(R"({"x": {"argv": ["a", "{p}"], "args": {"p": "("}}})")
               .starts_with("x.args.p: is no regular"));
  BOOST_TEST(refused(R"({"x": {"argv": ["a", "{file}"], "args": {"file": "."}}})")
               .starts_with("x.args.file: is no name"));
  BOOST_TEST(
    refused(R"({"x": {"argv": ["a"], "shell": true}})").starts_with("x.shell: is unknown"));
  BOOST_TEST(refused(R"({"x": {"argv": ["a"], "timeout": 0}})").starts_with("x.timeout"));
  BOOST_TEST(refused(R"({"a b": {"argv": ["a"]}})").starts_with("a b: is no name"));
}

} // namespace allowed_commands_test
