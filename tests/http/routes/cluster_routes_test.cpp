#include "http/routes/routes.hpp"
#include "messages/names.hpp"
#include "messages/roles/cluster.hpp"
#include "tests/http/support/sample_service.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>

namespace cluster_routes_test {

using namespace aops;
using http::json;

namespace {

/// A dispatcher with the routes of the contract over actors that are one scripted answer.
struct routes_fixture {
  routes_fixture() {
    http::node_port port = [this](std::string_view name,
                                  std::chrono::milliseconds deadline,
                                  caf::message request) -> expected<caf::message> {
      BOOST_TEST((deadline.count() > 0));
      asked = name;
      last = std::move(request);
      return answer;
    };
    http::service s;
    s.routes = http::contract_routes(port);
    s.identities = std::make_shared<http::session_identity>(
      [this](const std::string& hash) { return sessions.find(hash); });
    it.emplace(std::move(s));
  }

  json say(const std::string& method,
           const std::string& path,
           const std::string& body = {},
           std::vector<std::pair<std::string, std::string>> query = {}) {
    http::http_request q;
    q.method = method;
    q.path = path;
    q.body = body;
    for (auto& x : query)
      q.query.emplace_back(std::move(x.first), std::move(x.second));
    q.headers.emplace_back("Content-Type", "application/json");
    q.headers.emplace_back("Access-Token", token);
    return json::parse(it->answer(q).body);
  }

  ::tests::sessions_by_hand sessions;
  std::string token = sessions.open("admin");
  expected<caf::message> answer = fail(ec::unreachable, "not scripted");
  std::string asked;
  caf::message last;
  std::optional<http::dispatcher> it;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(http_cluster_routes, routes_fixture)

BOOST_AUTO_TEST_CASE(nodes_are_asked_of_the_membership) {
  cluster_node n;
  n.node = "a1";
  n.state = "alive";
  n.is_leader = true;
  n.lease_age = 0.25;
  n.lease_until.ms = 1709294405500;
  answer = caf::make_message(cluster_nodes{7, 12, {n}});
  auto reply = say("GET", "/cluster/nodes");
  BOOST_TEST(asked == actors::membership_name);
  BOOST_TEST((last.match_elements<caller, cluster_nodes_query>()));
  BOOST_TEST(reply["code"] == 200);
  BOOST_TEST(reply["leader_epoch"] == 7);
  BOOST_TEST(reply["nodes"][0]["lease_age"] == 0.25);
  BOOST_TEST(reply["nodes"][0]["lease_until"].dump() == "1709294405"); // Whole seconds.
}

BOOST_AUTO_TEST_CASE(slots_are_asked_of_the_membership) {
  answer = caf::make_message(cluster_slots{12, {{0, "a1", 4, "b2"}, {1, "", 0, ""}}});
  auto reply = say("GET", "/cluster/slots");
  BOOST_TEST((last.match_elements<caller, cluster_slots_query>()));
  BOOST_TEST(reply["slots"][0]["target"] == "b2");
  BOOST_TEST(reply["slots"][1]["node"] == "");
}

BOOST_AUTO_TEST_CASE(trees_of_all_nodes_or_of_one) {
  tree_status root;
  root.name = "node";
  root.children.emplace_back().name = "store";
  answer = caf::make_message(cluster_trees{{{"a1", "", {root}}, {"b2", "timed out", {}}}});
  auto reply = say("GET", "/cluster/tree");
  BOOST_TEST(asked == actors::cluster_trees_name);
  BOOST_TEST(reply["nodes"][0]["tree"][0]["children"][0]["name"] == "store");
  BOOST_TEST(reply["nodes"][1]["error"] == "timed out");
  say("GET", "/cluster/tree", {}, {{"node", "a1"}});
  BOOST_REQUIRE((last.match_elements<caller, cluster_tree_query>()));
  BOOST_TEST(last.get_as<cluster_tree_query>(1).node == "a1");
  BOOST_TEST(say("GET", "/cluster/tree", {}, {{"node", std::string(65, 'x')}})["code"] == 1000);
  answer = fail(ec::not_found, "node x");
  BOOST_TEST(say("GET", "/cluster/tree", {}, {{"node", "x"}})["code"] != 200);
}

BOOST_AUTO_TEST_CASE(a_node_is_drained_or_resumed) {
  answer = caf::make_message(node_drained{"a1", "draining", 85});
  auto reply = say("POST", "/cluster/node/drain", R"({"node":"a1"})");
  BOOST_TEST(reply["slots"] == 85);
  BOOST_TEST(reply["state"] == "draining");
  BOOST_REQUIRE((last.match_elements<caller, node_to_drain>()));
  BOOST_TEST(!last.get_as<node_to_drain>(1).resume);
  say("POST", "/cluster/node/drain", R"({"node":"a1","resume":true})");
  BOOST_TEST(last.get_as<node_to_drain>(1).resume);
  BOOST_TEST(say("POST", "/cluster/node/drain", "{}")["code"] == 1000);
  BOOST_TEST(say("POST", "/cluster/node/drain", R"({"node":""})")["code"] == 1000);
}

BOOST_AUTO_TEST_CASE(the_cluster_is_for_administrators) {
  token = sessions.open("ann", rights::ordinary);
  asked.clear();
  for (const auto* path : {"/cluster/nodes", "/cluster/slots", "/cluster/tree"})
    BOOST_TEST(say("GET", path)["code"] == 1207, path);
  BOOST_TEST(say("POST", "/cluster/node/drain", R"({"node":"a1"})")["code"] == 1207);
  token = "unknown";
  BOOST_TEST(say("GET", "/cluster/nodes")["code"] == 1201);
  BOOST_TEST(asked == "");
}

BOOST_AUTO_TEST_CASE(a_membership_that_is_down_is_an_error_not_a_crash) {
  BOOST_TEST(say("GET", "/cluster/nodes")["code"] == 1001);
  answer = caf::make_message(std::string{"what?"});
  BOOST_TEST(say("GET", "/cluster/nodes")["code"] == 500);
}

BOOST_AUTO_TEST_CASE(the_document_describes_them) {
  http::http_request q;
  q.method = "GET";
  q.path = "/openapi.json";
  auto document = json::parse(it->answer(q).body);
  for (const auto* path : {"/cluster/nodes", "/cluster/slots", "/cluster/tree"})
    BOOST_TEST(document["paths"][path].contains("get"), path);
  BOOST_TEST(document["paths"]["/cluster/tree"]["get"]["parameters"][0]["name"] == "node");
  BOOST_TEST(document["paths"]["/cluster/node/drain"].contains("post"));
  BOOST_TEST(document["components"]["schemas"].contains("cluster_node"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cluster_routes_test
