#include "tests/cli/aops/support/command_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace upkeep_test {

using namespace aops;
using namespace aops::cli;

namespace {

struct fixture : tests::command_fixture {
  static json node_of(const std::string& id, json backups, bool is_writing = false) {
    return {{"node", id},
            {"directory", "/var/backups/aops"},
            {"is_writing", is_writing},
            {"backups", std::move(backups)}};
  }
  static json backup(const std::string& file) {
    return {{"file", file}, {"created", 1709290800}, {"bytes", 42}};
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_upkeep, fixture)

BOOST_AUTO_TEST_CASE(backups_of_all_nodes_are_rows_of_one_list) {
  node.answer("/manage/backup/list",
              {{"nodes",
                json::array({node_of("n1", json::array({backup("/b/1"), backup("/b/2")})),
                             node_of("n2", json::array({backup("/b/3")}))})}});
  BOOST_TEST(run({"backup", "list", "-o", "name"}) == 0, err.str());
  BOOST_TEST(out.str() == "/b/1\n/b/2\n/b/3\n");
  BOOST_TEST(run({"backup", "list", "--filter", "node=n2", "-o", "json"}) == 0);
  BOOST_TEST(printed()["backups"].size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_node_that_does_not_tell_is_named) {
  auto silent = json{{"node", "n2"},
                     {"error", "the node is gone"},
                     {"is_writing", false},
                     {"backups", json::array()}};
  node.answer("/manage/backup/list",
              {{"code", 206}, {"nodes", json::array({node_of("n1", json::array()), silent})}});
  BOOST_TEST(run({"backup", "list"}) == 1);
  BOOST_TEST(told("node n2: the node is gone"));
}

BOOST_AUTO_TEST_CASE(one_that_is_started_may_be_waited_for) {
  node.answer("/manage/backup/start", {{"node", "n1"}, {"file", "/b/2"}});
  node.answer("/manage/backup/list",
              {{"nodes", json::array({node_of("n1", json::array(), true)})}});
  node.answer("/manage/backup/list",
              {{"nodes", json::array({node_of("n1", json::array({backup("/b/2")}))})}});
  BOOST_TEST(run({"backup", "start", "--wait"}) == 0, err.str());
  BOOST_TEST(printed()["file"] == "/b/2");
  auto failed = node_of("n1", json::array());
  failed["last_failure"] = "no space left";
  node.answer("/manage/backup/list", {{"nodes", json::array({failed})}});
  BOOST_TEST(run({"backup", "start", "--wait"}) == 0); // The answer of before is given once more.
  BOOST_TEST(run({"backup", "start", "--wait"}) == 1);
  BOOST_TEST(told("no space left"));
}

BOOST_AUTO_TEST_CASE(a_node_that_does_not_tell_for_a_while_is_waited_for) {
  auto silent = json{{"node", "n1"}, {"error", "there is no link to it"}};
  node.answer("/manage/backup/start", {{"node", "n1"}, {"file", "/b/2"}});
  node.answer("/manage/backup/list", {{"code", 206}, {"nodes", json::array({silent})}});
  node.answer_http("/manage/backup/list", 429, "{}");
  node.answer("/manage/backup/list", {{"code", 1001}, {"msg", "restful connection error"}});
  node.answer("/manage/backup/list",
              {{"nodes", json::array({node_of("n1", json::array({backup("/b/2")}))})}});
  BOOST_TEST(run({"backup", "start", "--wait"}) == 0, err.str());
  BOOST_TEST(printed()["file"] == "/b/2");
  BOOST_TEST(waited_ms == 4 * 500);
}

BOOST_AUTO_TEST_CASE(waiting_ends_with_the_reason_why_nobody_told) {
  auto silent = json{{"node", "n1"}, {"error", "there is no link to it"}};
  node.answer("/manage/backup/start", {{"node", "n1"}, {"file", "/b/2"}});
  node.answer("/manage/backup/list", {{"code", 206}, {"nodes", json::array({silent})}});
  BOOST_TEST(run({"backup", "start", "--wait", "--deadline", "3"}) == 1);
  BOOST_TEST(waited_ms == 3000);
  BOOST_TEST(told("node n1: there is no link to it"));
  waited_ms = 0;
  io.now_s = [this] {
    return int64_t{1709294400} + waited_ms / 250;
  }; // Looking takes as long again.
  BOOST_TEST(run({"backup", "start", "--wait", "--deadline", "3"}) == 1);
  BOOST_TEST(waited_ms == 1000);
}

BOOST_AUTO_TEST_CASE(a_refusal_ends_the_waiting) {
  node.answer("/manage/backup/start", {{"node", "n1"}, {"file", "/b/2"}});
  node.answer("/manage/backup/list", {{"code", 1207}, {"msg", "permission denied"}});
  BOOST_TEST(run({"backup", "start", "--wait"}) == 1);
  BOOST_TEST(waited_ms == 500);
}

BOOST_AUTO_TEST_CASE(the_configuration_is_a_list_of_options) {
  node.answer(
    "/manage/config/effective",
    {{"node", "n1"},
     {"options",
      json::array({{{"option", "http.listen"}, {"value", "\"127.0.0.1:0\""}, {"is_default", false}},
                   {{"option", "log.level"}, {"value", "\"info\""}, {"is_default", true}}})}});
  BOOST_TEST(run({"config", "show", "-o", "name", "--filter", "is_default=false"}) == 0);
  BOOST_TEST(out.str() == "http.listen\n");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace upkeep_test
