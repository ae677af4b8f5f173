#include "cli/aops/command/command_line.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "tests/cli/aops/support/canned_node.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace command_line_test {

using namespace aops;
using namespace aops::cli;

namespace {

expected<command> parse(std::vector<std::string> words) {
  return parse_command_line("aops", all_verbs(), words);
}

} // namespace

BOOST_AUTO_TEST_SUITE(cli_command_line)

BOOST_AUTO_TEST_CASE(options_may_be_abbreviated_as_long_as_they_are_unambiguous) {
  auto c = parse({"group", "--act", "add", "--host_group_n=web", "--desc", "x"});
  BOOST_REQUIRE(c);
  BOOST_TEST(c->args.text("action") == "add");
  BOOST_TEST(c->args.text("host_group_name") == "web");
  BOOST_TEST(c->args.text("description") == "x");
  auto ambiguous = parse({"group", "--action", "add", "--host_group", "web"});
  BOOST_REQUIRE(!ambiguous);
  BOOST_TEST(ambiguous.error().detail.find("--host_group_name or --host_group_list") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_misspellings_of_the_contract_are_understood) {
  BOOST_TEST(parse({"group", "--action", "add", "--descriptipn", "x"})->args.text("description") ==
             "x");
  BOOST_TEST(parse({"check", "--chek_items", "a"})->args.text("check_items") == "a");
  BOOST_TEST(parse({"check", "--aceess_token", "t"})->args.text("access_token") == "t");
}

BOOST_AUTO_TEST_CASE(what_takes_long_is_waited_for_longer_than_a_node_takes) {
  BOOST_TEST(parse({"remote", "run", "web1", "x"})->args.whole("timeout") > 70 * 60);
  BOOST_TEST(parse({"remote", "run", "web1", "x", "--timeout", "5s"})->args.whole("timeout") == 5);
  BOOST_TEST(parse({"host", "query"})->args.whole("timeout") == 60);
}

BOOST_AUTO_TEST_CASE(dashes_and_underscores_are_the_same_in_option_names) {
  BOOST_TEST(parse({"diag", "--all-hosts", "--tree-list=a"})->args.on("all_hosts"));
  BOOST_TEST(parse({"diag", "--all-hosts", "--tree-list=a-b"})->args.text("tree_list") == "a-b");
}

BOOST_AUTO_TEST_CASE(what_is_no_command_is_refused_with_a_hint) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{},
                                             {"hots"},
                                             {"host"},
                                             {"host", "--action", "fly"},
                                             {"host", "--action", "query", "--page", "x"},
                                             {"host", "--action", "query", "--page", "-1"},
                                             {"host", "--action", "query", "--management", "maybe"},
                                             {"host", "--action", "query", "--nothing"},
                                             {"group", "--action", "query", "stray"},
                                             {"host", "--action"},
                                             {"stat", "--action", "count"},
                                             {"host", "--action", "query", "-o", "xml"}}) {
    auto c = parse(words);
    BOOST_REQUIRE(!c);
    BOOST_TEST(c.error().detail.find("--help") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(an_action_may_stand_without_its_option) {
  auto c = parse({"checkrule", "test", "--conf", "f", "--host", "h"});
  BOOST_REQUIRE(c);
  BOOST_TEST(c->args.text("action") == "test");
  auto r = parse({"report", "--action", "get", "--export", "html", "out.html"});
  BOOST_REQUIRE(r);
  BOOST_TEST(r->args.text("file") == "out.html");
}

BOOST_AUTO_TEST_CASE(absent_options_have_the_defaults_of_the_contract) {
  auto c = parse({"host", "--action", "query"});
  BOOST_TEST(c->args.whole("page") == 1);
  BOOST_TEST(c->args.whole("per_page") == 20);
  BOOST_TEST(c->args.whole("ssh_port") == 22);
  BOOST_TEST(parse({"group", "--action", "add"})->args.text("description") ==
             "This is a host group.");
  BOOST_TEST(parse({"diag"})->args.whole("interval") == 10);
  BOOST_TEST(!c->args.has("management"));
  BOOST_TEST(parse({"host", "--action", "query", "--management", "True"})->args.on("management"));
}

BOOST_AUTO_TEST_CASE(every_command_has_help_and_exit_codes_are_documented) {
  tests::test_console there;
  BOOST_TEST(there.run({"--help"}) == 0);
  BOOST_TEST(there.out.str().find("Exit codes: 0") != std::string::npos);
  for (const auto& v : all_verbs()) {
    BOOST_TEST(there.run({std::string{v.name}, "--help"}) == 0);
    BOOST_TEST(there.out.str().find(std::string{v.summary}) != std::string::npos);
    for (const auto& o : all_options(v))
      BOOST_TEST(there.out.str().find("--" + std::string{o.name}) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(the_manual_names_every_command_and_option) {
  for (const std::string page : {"/docs/cli.md", "/docs/zh/cli.md"}) {
    auto manual = read_file(AOPS_SOURCE_DIR + page);
    BOOST_REQUIRE(manual);
    for (const auto& v : all_verbs()) {
      auto begin = manual->find(fmt::format("\n## aops {}\n", v.name));
      BOOST_REQUIRE_MESSAGE(begin != std::string::npos, v.name);
      auto section = manual->substr(begin, manual->find("\n## ", begin + 4) - begin);
      auto options = v.options;
      if (!v.actions.empty())
        options.push_back({.name = "action"});
      for (const auto& o : options)
        BOOST_TEST(section.find(fmt::format("`--{}", o.name)) != std::string::npos,
                   fmt::format("{} says nothing of {} --{}", page, v.name, o.name));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_completion_script_knows_every_command) {
  tests::test_console there;
  BOOST_TEST(there.run({"completion", "bash"}) == 0);
  for (const auto& v : all_verbs())
    BOOST_TEST(there.out.str().find(fmt::format("    {})\n", v.name)) != std::string::npos);
  BOOST_TEST(there.out.str().find("--action) words='add update delete query'") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace command_line_test
