#include "cli/aops/command/session.hpp"
#include "tests/cli/aops/support/command_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace program_test {

using namespace aops;
using namespace aops::cli;

namespace {

int start(cli::session& s) {
  return s.show(s.post("/chore/start", json{{"name", s.args.text("name")}}), {});
}

int where(cli::session& s) {
  s.io.out << "here\n";
  return exit_done;
}

/// A program that can do one thing more.
struct fixture : tests::command_fixture {
  fixture() {
    verbs.push_back({.name = "chore",
                     .summary = "Start chores",
                     .actions = {{.name = "start", .run = start},
                                 {.name = "where", .run = where, .needs_token = false}},
                     .options = {{.name = "name", .value = "NAME", .help = "Of the chore"}},
                     .positionals = {"action", "name"}});
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_program, fixture)

BOOST_AUTO_TEST_CASE(a_verb_is_one_more_row_in_the_list) {
  node.answer("/chore/start", json::object());
  BOOST_TEST(run({"chore", "start", "patch"}) == 0);
  BOOST_TEST(sent("/chore/start") == json({{"name", "patch"}}));
  BOOST_TEST(node.last("/chore/start").token == "t");
  BOOST_TEST(run({"chore", "stop"}) == 2);
  BOOST_TEST(run({"chore"}) == 2);
  BOOST_TEST(told("--action is required"));
  BOOST_TEST(run({"--help"}) == 0);
  BOOST_TEST(shown("  chore        Start chores\n"));
  BOOST_TEST(run({"chore", "--help"}) == 0);
  BOOST_TEST(shown("(start, where)"));
  BOOST_TEST(run({"completion"}) == 0);
  BOOST_TEST(shown("    chore)\n"));
  BOOST_TEST(shown("--action) words='start where' ;;"));
}

BOOST_AUTO_TEST_CASE(an_action_says_whether_it_needs_a_token) {
  variables.erase("AOPS_ACCESS_TOKEN");
  BOOST_TEST(run({"chore", "where"}) == 0);
  BOOST_TEST(run({"chore", "start", "patch"}) == 2);
  BOOST_TEST(told("no access token"));
  BOOST_TEST(node.seen().empty());
}

BOOST_AUTO_TEST_CASE(a_verb_that_is_not_in_the_list_is_none) {
  verbs.pop_back();
  BOOST_TEST(run({"chore", "where"}) == 2);
  BOOST_TEST(told("`chore` is no command"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace program_test
