#include "tests/cli/aops/support/command_fixture.hpp"
#include "tests/cli/aops/support/sample_cluster.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace cluster_test {

using namespace aops;
using namespace aops::cli;
using tests::node_a;
using tests::node_b;
using tests::two_nodes;

namespace {

json actor(const char* name, json children = json::array()) {
  return {{"name", name},
          {"state", "running"},
          {"restarts", 0},
          {"mailbox", 0},
          {"children", std::move(children)}};
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_cluster, tests::command_fixture)

BOOST_AUTO_TEST_CASE(nodes_are_a_table_with_the_leader_marked) {
  node.answer("/cluster/nodes", two_nodes());
  BOOST_TEST(run({"cluster", "nodes", "-o", "table"}) == 0);
  BOOST_TEST(node.last("/cluster/nodes").method == "GET");
  BOOST_TEST(node.last("/cluster/nodes").token == "t");
  BOOST_TEST(shown("| 018e4c0a | alive   | epoch 7 |   130 |   150 |    3 | 0.4 s     |"));
  BOOST_TEST(shown("| 018e4c0b | suspect |         |   126 |"));
  BOOST_TEST(run({"cluster", "nodes", "-o", "wide"}) == 0);
  BOOST_TEST(shown(node_b));
  BOOST_TEST(shown("2024-03-01 10:46:40"));
  BOOST_TEST(run({"cluster", "nodes", "-o", "json"}) == 0);
  BOOST_TEST(printed()["nodes"][1]["lease_age"] == 0.42);
  BOOST_TEST(run({"cluster", "nodes", "-o", "yaml"}) == 0);
  BOOST_TEST(shown("leader_epoch: 7\n"));
}

BOOST_AUTO_TEST_CASE(watching_draws_again_and_outlives_errors) {
  node.answer("/cluster/nodes", two_nodes());
  node.answer("/cluster/nodes", {{"code", 1101}, {"msg", "connect to database error"}});
  node.answer("/cluster/nodes", two_nodes(0));
  BOOST_TEST(run({"cluster", "nodes", "--watch", "--times", "3", "-o", "table"}) == 0);
  BOOST_TEST(waited_ms == 2000);
  BOOST_TEST(shown("|   126 |"));
  BOOST_TEST(
    shown("connect to database error; the node's database does not answer; see its log (1101)"));
  BOOST_TEST(shown("|   256 |"));
  io.out_is_terminal = true;
  BOOST_TEST(run({"cluster", "nodes", "--watch", "--times", "1"}) == 0);
  BOOST_TEST(out.str().starts_with("\x1b[2J\x1b[H+--"));
}

BOOST_AUTO_TEST_CASE(in_a_pipe_all_of_it_is_json_and_on_a_terminal_it_is_drawn) {
  json slots = json::array({{{"slot", 0}, {"node", node_a}, {"epoch", 4}}});
  json trees = json::array({{{"node", node_a}, {"tree", json::array({actor("node")})}}});
  node.answer("/cluster/nodes", two_nodes());
  node.answer("/cluster/slots", {{"map_version", 12}, {"slots", slots}});
  node.answer("/cluster/tree", {{"nodes", trees}});
  for (const auto* what : {"nodes", "slots", "tree"}) {
    io.out_is_terminal = false;
    BOOST_TEST(run({"cluster", what}) == 0);
    BOOST_TEST(!json::parse(out.str(), nullptr, false).is_discarded(), what << ": " << out.str());
    io.out_is_terminal = true;
    BOOST_TEST(run({"cluster", what}) == 0);
    BOOST_TEST(json::parse(out.str(), nullptr, false).is_discarded(), what << ": " << out.str());
  }
  io.out_is_terminal = false;
  BOOST_TEST(run({"cluster", "nodes", "--watch", "--times", "1"}) == 0);
  BOOST_TEST(!json::parse(out.str(), nullptr, false).is_discarded(),
             out.str()); // A line for each look.
}

BOOST_AUTO_TEST_CASE(slots_are_grouped_by_node_or_shown_one_by_one) {
  json slots = json::array();
  for (int i = 0; i < 256; ++i)
    slots.push_back({{"slot", i}, {"node", i < 100 ? node_a : node_b}, {"epoch", 4}});
  slots[3]["target"] = node_b;
  slots[200]["node"] = "";
  node.answer("/cluster/slots", {{"map_version", 12}, {"slots", slots}});
  BOOST_TEST(run({"cluster", "slots", "-o", "table"}) == 0);
  BOOST_TEST(shown("| 018e4c0a |   100 | 0-99             |                 3 |"));
  BOOST_TEST(shown("| 018e4c0b |   155 | 100-199, 201-255 |"));
  BOOST_TEST(shown("| (nobody) |     1 | 200              |"));
  BOOST_TEST(run({"cluster", "slots", "-o", "wide"}) == 0);
  BOOST_TEST(shown(fmt::format("|    3 | {} |     4 | {} |", node_a, node_b)));
  BOOST_TEST(run({"cluster", "slots", "-o", "json"}) == 0);
  BOOST_TEST(printed()["slots"].size() == 256u);
}

BOOST_AUTO_TEST_CASE(trees_are_drawn_with_what_is_not_as_it_should_be) {
  json hosts = json::array();
  for (int i = 0; i < 20; ++i)
    hosts.push_back(actor("host/x"));
  hosts[7]["restarts"] = 2;
  hosts[7]["last_reason"] = "internal: boom";
  hosts[9].erase("mailbox");
  hosts[11]["state"] = "backing_off";
  auto root = actor("node", json::array({actor("store"), actor("hosts", hosts)}));
  json reply = {
    {"nodes",
     json::array({{{"node", node_a}, {"tree", json::array({root})}},
                  {{"node", node_b}, {"error", "timed out"}, {"tree", json::array()}}})}};
  node.answer("/cluster/tree", reply);
  BOOST_TEST(run({"cluster", "tree", "-o", "table"}) == 1); // One node did not tell.
  BOOST_TEST(out.str() == std::string{node_a} +
                            "\n"
                            "node  running\n"
                            "|- store  running\n"
                            "`- hosts  running\n"
                            "   |- host/x  running  2 restarts  last: internal: boom\n"
                            "   |- host/x  running  no answer\n"
                            "   |- host/x  backing_off\n"
                            "   `- 17 more running\n"
                            "\n" +
                            node_b + "  timed out\n");
  io.unicode = true;
  BOOST_TEST(run({"cluster", "tree", "-o", "wide"}) == 1);
  BOOST_TEST(!shown("more running"));
  BOOST_TEST(shown("├─ store"));
  BOOST_TEST(run({"cluster", "tree", "-o", "json"}) == 1);
  BOOST_TEST(printed()["nodes"][1]["error"] == "timed out");
  BOOST_TEST(run({"cluster", "tree", "a b&c"}) == 1);
}

BOOST_AUTO_TEST_CASE(a_node_is_drained_and_resumed) {
  node.answer("/cluster/node/drain", {{"node", node_b}, {"state", "draining"}, {"slots", 126}});
  BOOST_TEST(run({"cluster", "drain", "018e4c0b"}) == 0);
  BOOST_TEST(sent("/cluster/node/drain") == json({{"node", "018e4c0b"}, {"resume", false}}));
  BOOST_TEST(printed()["slots"] == 126);
  BOOST_TEST(run({"cluster", "drain", "--node", "018e4c0b", "--resume"}) == 0);
  BOOST_TEST(sent("/cluster/node/drain")["resume"] == true);
  BOOST_TEST(run({"cluster", "drain"}) == 2);
  BOOST_TEST(run({"cluster", "drain", "018e4c0b", "--resume", "--wait"}) == 2);
  BOOST_TEST(run({"cluster"}) == 2);
}

BOOST_AUTO_TEST_CASE(draining_is_waited_for_until_no_slot_is_left) {
  io.err_is_terminal = true;
  io.width = 60;
  node.answer("/cluster/node/drain", {{"node", node_b}, {"state", "draining"}, {"slots", 126}});
  for (int left : {126, 60, 0})
    node.answer("/cluster/nodes", two_nodes(left));
  BOOST_TEST(run({"cluster", "drain", node_b, "--wait"}) == 0);
  BOOST_TEST(told(" 0/126   0 %"));
  BOOST_TEST(told(" 66/126  52 %"));
  BOOST_TEST(told(" 126/126 100 %"));
  BOOST_TEST(printed()["slots"] == 0);
}

BOOST_AUTO_TEST_CASE(a_drain_that_is_stuck_is_told) {
  node.answer("/cluster/node/drain", {{"node", node_b}, {"state", "draining"}, {"slots", 126}});
  node.answer("/cluster/nodes", two_nodes(2));
  BOOST_TEST(run({"cluster", "drain", node_b, "--wait", "--deadline", "3"}) == 1);
  BOOST_TEST(waited_ms == 3000);
  BOOST_TEST(told("still owns 2 slots after 3 s"));
}

BOOST_AUTO_TEST_CASE(certificates_are_made_without_a_session) {
  variables.erase("AOPS_ACCESS_TOKEN");
  BOOST_TEST(run({"cluster", "ca", "init", "--ca_dir", folder + "/ca"}) == 0);
  BOOST_TEST(shown(folder + "/ca/ca.pem"));
  BOOST_TEST(run({"cluster", "nodes"}) == 2);
  BOOST_TEST(told("no access token"));
  BOOST_TEST(node.seen().empty());
}

BOOST_AUTO_TEST_CASE(a_refusal_is_an_error) {
  node.answer("/cluster/nodes", {{"code", 1207}, {"msg", "permission denied"}});
  BOOST_TEST(run({"cluster", "nodes"}) == 1);
  BOOST_TEST(told("permission denied; ask an administrator (1207)"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cluster_test
