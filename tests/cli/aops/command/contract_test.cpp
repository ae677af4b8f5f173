/// The commands, options, defaults and local checks of the REST contract, "Command line".
#include "cli/aops/command/command_line.hpp"
#include "tests/cli/aops/support/command_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace contract_test {

using namespace aops;
using namespace aops::cli;

namespace {

struct command_row {
  std::string name;
  std::vector<std::string> actions, options;
};

std::vector<std::string> with(std::vector<std::string> own,
                              std::initializer_list<std::string> more = {
                                "page", "per_page", "sort", "direction"}) {
  own.insert(own.end(), more);
  return own;
}

const std::vector<command_row> commands = {
  {"account", {"login", "change"}, {"action", "username", "password", "access_token"}},
  {"certificate", {}, {"key", "access_token"}},
  {"group",
   {"add", "delete", "query"},
   with({"action", "host_group_name", "host_group_list", "description", "access_token"})},
  {"host",
   {"add", "delete", "query"},
   with({"action",
         "host_name",
         "host_list",
         "host_group_name",
         "public_ip",
         "ssh_port",
         "management",
         "username",
         "password",
         "sudo_password",
         "key",
         "verbose",
         "access_token"})},
  {"template",
   {"import", "query", "delete"},
   with({"action",
         "template_name",
         "template_list",
         "template_content",
         "description",
         "access_token"})},
  {"task",
   {"generate", "query", "execute", "delete"},
   with({"action", "task_name", "task_list", "template_name", "description", "access_token"})},
  {"check", {}, with({"check_items", "host_list", "start", "end", "access_token"})},
  {"checkrule",
   {"add", "delete", "get"},
   with({"action", "conf", "check_items", "export", "access_token"})},
  {"faultree",
   {"add", "delete", "get"},
   {"action", "conf", "tree_list", "export", "description", "access_token"}},
  {"diag", {}, {"tree_list", "host_list", "start", "end", "interval", "access_token"}},
  {"report",
   {"get", "delete"},
   with(
     {"action", "tree_list", "host_list", "start", "end", "task_id", "report_list", "access_token"},
     {"page", "per_page"})},
  {"stat", {"count"}, {"action", "field", "access_token"}},
};

struct fixture : tests::command_fixture {
  const verb& verb_of(const std::string& name) const {
    auto found =
      std::find_if(verbs.begin(), verbs.end(), [&](const verb& v) { return v.name == name; });
    BOOST_REQUIRE_MESSAGE(found != verbs.end(), name);
    return *found;
  }
  option option_of(const std::string& command, const std::string& name) const {
    auto all = all_options(verb_of(command));
    auto found =
      std::find_if(all.begin(), all.end(), [&](const option& o) { return o.name == name; });
    BOOST_REQUIRE_MESSAGE(found != all.end(), command + " --" + name);
    return *found;
  }
};

/// A value that the option takes.
std::string value_for(const option& o) {
  if (!o.choices.empty())
    return std::string{o.choices.front()};
  return o.kind == option_kind::boolean ? "true" : "7";
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_contract, fixture)

BOOST_AUTO_TEST_CASE(every_command_has_its_actions_and_options_under_both_names) {
  for (const auto& row : commands) {
    const auto& v = verb_of(row.name);
    for (const auto& action : row.actions) {
      BOOST_TEST(action_named(v, action) == action);
      for (const auto* program : {"aops", "adoctor"})
        BOOST_TEST(
          parse_command_line(program, verbs, {row.name, "--action", action, "--help"}).has_value());
    }
    for (const auto& name : row.options)
      BOOST_TEST(!option_of(row.name, name).is_extra, row.name + " --" + name);
    for (const auto& o : all_options(v)) {
      bool is_known =
        std::find(row.options.begin(), row.options.end(), o.name) != row.options.end() ||
        o.name == "sort" || o.name == "direction" || o.name == "page" || o.name == "per_page";
      BOOST_TEST((is_known || o.is_extra), fmt::format("{} --{}", row.name, o.name));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_abbreviation_of_the_contract_means_what_it_means_there) {
  size_t tried = 0;
  for (const auto& row : commands)
    for (const auto& name : row.options)
      for (size_t length = 1; length <= name.size(); ++length) {
        auto cut = name.substr(0, length);
        auto fits = [&](const std::string& x) { return x.starts_with(cut); };
        auto others = std::count_if(row.options.begin(), row.options.end(), fits);
        bool is_alone = others == 1 && !std::string_view{"help"}.starts_with(cut);
        if (!is_alone && cut != name)
          continue;
        auto o = option_of(row.name, name);
        std::vector<std::string> words{row.name};
        if (!row.actions.empty() && name != "action")
          words.insert(words.end(), {"--action", row.actions.front()});
        for (const auto& other : all_options(verb_of(row.name)))
          if (other.is_required && other.name != "action" && other.name != name)
            words.insert(words.end(), {fmt::format("--{}", other.name), value_for(other)});
        words.insert(words.end(), {"--" + cut, value_for(o)});
        auto c = parse_command_line("aops", verbs, words);
        BOOST_TEST_CONTEXT(fmt::format("{}", fmt::join(words, " "))) {
          BOOST_REQUIRE_MESSAGE(c, (c ? "" : c.error().detail));
          BOOST_TEST(c->args.has(name));
          ++tried;
        }
      }
  BOOST_TEST(tried > 400u);
}

BOOST_AUTO_TEST_CASE(an_abbreviation_that_fits_two_is_refused) {
  for (const auto& words : std::vector<std::vector<std::string>>{
         {"group", "--action", "query", "--host_group", "a"},
         {"host", "--action", "query", "--host", "a", "--p", "x"},
         {"report", "--action", "get", "--t", "x"},
         {"check", "--e", "x", "--s", "x"}}) {
    auto c = parse_command_line("aops", verbs, words);
    BOOST_REQUIRE(!c);
    BOOST_TEST(c.error().detail.find("may mean") != std::string::npos, c.error().detail);
  }
}

BOOST_AUTO_TEST_CASE(defaults_are_those_of_the_contract) {
  struct row {
    const char *command, *option, *value;
  };
  for (auto [command, name, value] : {row{"group", "description", "This is a host group."},
                                      {"group", "page", "1"},
                                      {"group", "per_page", "20"},
                                      {"group", "direction", "asc"},
                                      {"host", "ssh_port", "22"},
                                      {"host", "verbose", "false"},
                                      {"host", "page", "1"},
                                      {"host", "per_page", "20"},
                                      {"task", "per_page", "20"},
                                      {"template", "per_page", "20"},
                                      {"check", "per_page", "20"},
                                      {"checkrule", "per_page", "20"},
                                      {"report", "per_page", "20"},
                                      {"diag", "interval", "10"}})
    BOOST_TEST(option_of(command, name).fallback == value, fmt::format("{} --{}", command, name));
  struct sorts {
    const char* command;
    std::vector<std::string_view> fields;
  };
  for (const auto& [command, fields] : {sorts{"host", {"host_name", "host_group_name"}},
                                        {"group", {"host_group_name", "host_count"}},
                                        {"task", {"task_name"}},
                                        {"template", {"template_name"}},
                                        {"check", {"check_item", "start", "end"}},
                                        {"checkrule", {"check_item"}}})
    for (auto field : fields) {
      auto choices = option_of(command, "sort").choices;
      BOOST_TEST((std::find(choices.begin(), choices.end(), field) != choices.end()),
                 fmt::format("{} --sort {}", command, field));
    }
}

/// What is wrong before anything is asked; the exit code says of what kind.
BOOST_AUTO_TEST_CASE(local_checks_abort_before_any_request) {
  struct row {
    std::vector<std::string> words;
    int code;
    std::string_view told;
  };
  auto bad_json = file("bad.json", "{");
  auto bad_yaml = file("bad.yml", "a: {");
  auto no_trees = file("none.json", R"({"trees": []})");
  for (const auto& [words, code, what] : {
         row{{"group", "--action", "add", "--host_group_name", "a,b"}, 1, "exactly one"},
         row{{"group", "--action", "add"}, 2, "needs --host_group_name"},
         row{{"group", "--action", "delete"}, 2, "needs --host_group_list"},
         row{{"group", "--action", "delete", "--host_group_list", "a,,b"}, 1, "empty"},
         row{{"group", "--action", "delete", "--host_group_list", ""}, 1, "empty"},
         row{{"group", "--action", "query", "--host_group_name", "a"}, 2, "no --host_group_name"},
         row{{"host", "--action", "add", "--host_name", "a,b", "--public_ip", "192.0.2.1"},
             1,
             "exactly one"},
         row{{"host", "--action", "add", "--public_ip", "192.0.2.1"}, 2, "needs --host_name"},
         row{{"host", "--action", "delete"}, 2, "needs --host_list"},
         row{{"host", "--action", "delete", "--host_list", " , "}, 1, "empty"},
         row{{"host", "--action", "query", "--management", "perhaps"}, 2, "neither true nor false"},
         row{{"host", "--action", "query", "--sort", "public_ip"}, 2, "is none of"},
         row{{"host", "--action", "query", "--direction", "up"}, 2, "is none of"},
         row{{"template", "--action", "import"}, 2, "is wanted"},
         row{{"template", "--action", "import", "--template_content", "/no/such.yml"},
             1,
             "/no/such.yml"},
         row{{"template", "--action", "import", "--template_content", bad_yaml}, 1, "bad.yml"},
         row{{"template",
              "--action",
              "import",
              "--template_content",
              bad_json,
              "--template_name",
              "a,b"},
             1,
             "bad.json"},
         row{{"template", "--action", "delete"}, 2, "needs --template_list"},
         row{{"task", "--action", "generate", "--task_name", "a,b", "--template_name", "t"},
             1,
             "exactly one"},
         row{{"task", "--action", "generate", "--task_name", "a"}, 2, "needs --template_name"},
         row{{"task", "--action", "delete"}, 2, "needs --task_list"},
         row{{"task", "--action", "execute"}, 2, "needs --task_list"},
         row{{"check", "--start", "20240301-11:00:00", "--end", "20240301-10:00:00"},
             1,
             "lies after"},
         row{{"check", "--start", "20240230-10:00:00"}, 1, "--start"},
         row{{"check", "--end", "yesterday"}, 1, "--end"},
         row{{"check", "--host_list", "a,,b"}, 1, "empty"},
         row{{"checkrule", "--action", "add"}, 2, "needs --conf"},
         row{{"checkrule", "--action", "add", "--conf", "/no/such.json"}, 1, "/no/such.json"},
         row{{"checkrule", "--action", "add", "--conf", bad_json}, 1, "bad.json"},
         row{{"checkrule", "--action", "delete"}, 2, "needs --check_items"},
         row{{"faultree", "--action", "add"}, 2, "needs --conf"},
         row{{"faultree", "--action", "add", "--conf", bad_json}, 1, "bad.json"},
         row{{"faultree", "--action", "add", "--conf", no_trees}, 1, "at least one tree"},
         row{{"faultree", "--action", "add", "--conf", no_trees, "--tree_list", "a,b"},
             1,
             "at most one"},
         row{{"faultree", "--action", "delete"}, 2, "needs --tree_list"},
         row{{"diag", "--tree_list", "t", "--host_list", "h"}, 2, "--start is required"},
         row{{"diag", "--host_list", "h", "--last", "1h"}, 2, "--tree_list is required"},
         row{{"diag", "--tree_list", "t", "--last", "1h"}, 2, "--host_list is required"},
         row{{"diag",
              "--tree_list",
              "t",
              "--host_list",
              "h",
              "--start",
              "20240301-11:00:00",
              "--end",
              "20240301-10:00:00"},
             1,
             "lies after"},
         row{{"diag",
              "--tree_list",
              "t",
              "--host_list",
              "h",
              "--start",
              "x",
              "--end",
              "20240301-10:00:00"},
             1,
             "--start"},
         row{{"report", "--action", "delete"}, 2, "needs --report_list"},
         row{{"report",
              "--action",
              "get",
              "--start",
              "20240301-11:00:00",
              "--end",
              "20240301-10:00:00"},
             1,
             "lies after"},
         row{{"stat", "--action", "count"}, 2, "--field is required"},
         row{{"stat", "--action", "count", "--field", "cluster"}, 2, "is none of"},
         row{{"account", "--action", "login", "--password", "x"}, 2, "needs --username"},
         row{{"account"}, 2, "--action is required"},
         row{{"host", "--action", "query", "--page", "-1"}, 2, ""},
         row{{"host", "--action", "query", "--per_page", "ten"}, 2, "no whole number"},
       }) {
    BOOST_TEST_CONTEXT(fmt::format("{}", fmt::join(words, " "))) {
      BOOST_TEST(run(words) == code);
      BOOST_TEST(told(what), err.str());
      BOOST_TEST(out.str().empty());
    }
  }
  BOOST_TEST(node.seen().empty());
}

BOOST_AUTO_TEST_CASE(a_token_is_required_by_all_but_the_log_in) {
  variables.erase("AOPS_ACCESS_TOKEN");
  for (const auto& words : std::vector<std::vector<std::string>>{
         {"account", "--action", "change", "--password", "x"},
         {"certificate", "--key", "x"},
         {"group", "--action", "query"},
         {"host", "--action", "query"},
         {"template", "--action", "query"},
         {"task", "--action", "query"},
         {"check"},
         {"checkrule", "--action", "get"},
         {"faultree", "--action", "get"},
         {"diag", "--tree_list", "t", "--host_list", "h", "--last", "1h"},
         {"report", "--action", "get"},
         {"stat", "--action", "count", "--field", "host"}}) {
    BOOST_TEST(run(words) == 2, words.front());
    BOOST_TEST(told("no access token"));
  }
  BOOST_TEST(node.seen().empty());
  node.answer("/manage/account/login", {{"access_token", "abc"}});
  BOOST_TEST(run({"account", "--action", "login", "--username", "a", "--password", "x"}) == 0);
}

BOOST_AUTO_TEST_CASE(a_task_is_run_after_a_question_that_names_its_hosts_and_without_one_by_yes) {
  json task{{"task_id", "00000000000000000000000000000011"},
            {"task_name", "first"},
            {"description", "about it"},
            {"host_list", json::array({{{"host_name", "web1"}, {"host_id", tests::id1}}})}};
  node.answer("/manage/task/get", {{"task_infos", json::array({task})}});
  node.answer("/manage/task/execute", json::object());
  std::vector<std::string> words{"task", "--action", "execute", "--task_list", "first"};
  for (const auto* no : {"n", "no", ""}) {
    answers = {no};
    BOOST_TEST(run(words) == 0);
    BOOST_TEST(node.last("/manage/task/execute").method.empty());
  }
  for (const auto* part : {"about it", "web1"})
    BOOST_TEST((questions.back().find(part) != std::string::npos), questions.back());
  for (const auto* yes : {"y", "yes"}) {
    answers = {yes};
    BOOST_TEST(run(words) == 0);
    BOOST_TEST(sent("/manage/task/execute")["task_list"][0] == task["task_id"]);
  }
  auto asked = questions.size();
  words.emplace_back("--yes");
  answers = {"n"};
  BOOST_TEST(run(words) == 0);
  BOOST_TEST(questions.size() == asked);
  words.pop_back();
  answers.clear(); // Without a terminal nobody is asked.
  BOOST_TEST(run(words) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace contract_test
