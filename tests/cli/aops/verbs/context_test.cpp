#include "cli/aops/net/contexts.hpp"
#include "tests/cli/aops/support/canned_node.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>

namespace context_test {

using namespace aops;
using namespace aops::cli;
using tests::canned_node;

namespace {

/// Two nodes; at each somebody else may log in.
struct fixture : tests::test_console {
  fixture() {
    variables["AOPS_PASSWORD"] = "p";
    one.answer("/manage/account/login", {{"access_token", "t1"}});
    two.answer("/manage/account/login", {{"access_token", "t2"}});
    for (auto* node : {&one, &two}) {
      node->answer("/manage/host/count", {{"host_count", 3}});
      node->answer("/manage/account/logout", json::object());
    }
  }
  canned_node one, two;
  bool told(std::string_view what) const { return err.str().find(what) != std::string::npos; }
  int count(std::vector<std::string> more = {}) {
    std::vector<std::string> words{"stat", "count", "host"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  void log_in_at_both() {
    BOOST_REQUIRE(run({"login", "--url", one.url()}) == 0);
    BOOST_REQUIRE(run({"login", "--url", two.url(), "--context", "test", "--username", "ann"}) ==
                  0);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_contexts, fixture)

BOOST_AUTO_TEST_CASE(each_has_its_node_and_its_session) {
  log_in_at_both();
  BOOST_TEST(told("aops context use test"));
  BOOST_TEST(count() == 0);
  BOOST_TEST(one.last("/manage/host/count").token == "t1");
  BOOST_TEST(two.last("/manage/host/count").method.empty());
  BOOST_TEST(count({"--context", "test"}) == 0);
  BOOST_TEST(two.last("/manage/host/count").token == "t2");
  variables["AOPS_CONTEXT"] = "test";
  auto before = two.seen().size();
  BOOST_TEST(count() == 0);
  BOOST_TEST(two.seen().size() == before + 1);
  BOOST_TEST(count({"--context", "default"}) == 0); // The option wins.
  BOOST_TEST(two.seen().size() == before + 1);
}

BOOST_AUTO_TEST_CASE(the_one_in_use_is_where_commands_go) {
  log_in_at_both();
  BOOST_TEST(run({"context", "use", "test"}) == 0);
  BOOST_TEST(out.str() == "context test is in use\n");
  BOOST_TEST(count() == 0);
  BOOST_TEST(two.last("/manage/host/count").token == "t2");
  BOOST_TEST(run({"context", "list", "-o", "json"}) == 0);
  auto rows = printed()["contexts"];
  BOOST_REQUIRE(rows.size() == 2u);
  BOOST_TEST(rows[0]["name"] == "default");
  BOOST_TEST(rows[0]["in_use"] == false);
  BOOST_TEST(rows[1]["username"] == "ann");
  BOOST_TEST(rows[1]["url"] == two.url());
  BOOST_TEST(rows[1]["in_use"] == true);
  BOOST_TEST(rows[1]["logged_in"] == true);
  BOOST_TEST(out.str().find("t2") == std::string::npos); // No token.
  BOOST_TEST(run({"context", "list", "-o", "name"}) == 0);
  BOOST_TEST(out.str() == "default\ntest\n");
  BOOST_TEST(run({"context", "show", "-o", "name"}) == 0);
  BOOST_TEST(out.str() == "test\n");
  BOOST_TEST(run({"context", "list", "--filter", "in_use=true", "-o", "csv"}) == 0);
  auto text = out.str();
  BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 2);
}

BOOST_AUTO_TEST_CASE(all_files_are_for_their_owner_only) {
  log_in_at_both();
  BOOST_TEST(run({"context", "use", "test"}) == 0);
  size_t seen = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder + "/config/aops"))
    if (file.is_regular_file()) {
      BOOST_TEST((file.status().permissions() == std::filesystem::perms(0600)),
                 file.path().string());
      ++seen;
    } else {
      BOOST_TEST((file.status().permissions() == std::filesystem::perms(0700)),
                 file.path().string());
    }
  BOOST_TEST(seen == 3u);
}

BOOST_AUTO_TEST_CASE(a_log_out_ends_the_session_of_its_context_only) {
  log_in_at_both();
  BOOST_TEST(run({"logout", "--context", "test"}) == 0);
  BOOST_TEST(two.last("/manage/account/logout").token == "t2");
  BOOST_TEST(one.last("/manage/account/logout").method.empty());
  BOOST_TEST(count({"--context", "test"}) == 2);
  BOOST_TEST(told("no access token"));
  BOOST_TEST(count() == 0);
}

BOOST_AUTO_TEST_CASE(one_is_renamed_and_deleted) {
  log_in_at_both();
  BOOST_TEST(run({"context", "use", "test"}) == 0);
  BOOST_TEST(run({"context", "rename", "test", "default"}) == 1);
  BOOST_TEST(told("called default already"));
  BOOST_TEST(run({"context", "rename", "test", "lab"}) == 0);
  BOOST_TEST(count() == 0); // It is still the one in use.
  BOOST_TEST(two.last("/manage/host/count").token == "t2");
  BOOST_TEST(count({"--context", "test"}) == 1);
  BOOST_TEST(told("no context is called test"));
  BOOST_TEST(run({"context", "delete", "lab", "nope"}) == 1);
  BOOST_TEST(told("no context is called nope"));
  BOOST_TEST(run({"context", "list", "-o", "name"}) == 0);
  BOOST_TEST(out.str() == "default\n");
  BOOST_TEST(count() == 0); // `default` is in use again.
  BOOST_TEST(one.last("/manage/host/count").token == "t1");
  BOOST_TEST(run({"context", "delete", "lab", "--ignore_missing"}) == 0);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_none_is_refused) {
  log_in_at_both();
  auto asked = one.seen().size() + two.seen().size();
  for (const auto* name : {"../x", ".x", "-x", "a/b", "a b"}) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(run({"login", fmt::format("--context={}", name), "--url", one.url()}) == 1);
      BOOST_TEST(run({"context", "use", "--name=" + std::string{name}}) == 1);
      BOOST_TEST(run({"context", "rename", "test", "--new_name=" + std::string{name}}) == 1);
    }
  }
  BOOST_TEST(run({"context", "use", "tset"}) == 1);
  BOOST_TEST(told("did you mean test?"));
  BOOST_TEST(count({"--context", "tset"}) == 1);
  BOOST_TEST(told("did you mean test?"));
  BOOST_TEST(one.seen().size() + two.seen().size() == asked);
}

BOOST_AUTO_TEST_CASE(one_that_others_may_read_is_not_believed) {
  log_in_at_both();
  std::filesystem::permissions(folder + "/config/aops/contexts/test.json",
                               std::filesystem::perms(0644));
  BOOST_TEST(count({"--context", "test"}) == 1);
  BOOST_TEST(told("others may read it"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace context_test
