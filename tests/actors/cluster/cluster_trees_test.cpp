#include "actors/cluster/cluster_trees.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "tests/support/actor_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <optional>

namespace aops::actors {

namespace {

tree_status tree_of(const std::string& name) {
  tree_status x;
  x.name = name;
  x.mailbox = 0;
  return x;
}

caf::behavior root(caf::event_based_actor* self) {
  prepare(self, "root");
  return {[](const get_tree& x) {
    BOOST_TEST(x.deadline_ms == 800);
    return tree_of("here");
  }};
}

/// A link whose peer answers a fixed thing; nothing: never.
struct peer {
  std::optional<caf::message> answer;
  std::shared_ptr<parcel> seen = std::make_shared<parcel>();
};

caf::behavior link(caf::event_based_actor* self, peer p) {
  prepare(self, "link");
  return {[self, p](const parcel& x) -> caf::result<parcel> {
    *p.seen = x;
    if (!p.answer)
      return self->make_response_promise<parcel>();
    if (p.answer->match_elements<caf::error>())
      return p.answer->get_as<caf::error>(0);
    parcel back;
    back.body = *p.answer;
    return back;
  }};
}

struct trees_fixture : tests::actor_fixture {
  trees_fixture() {
    set_members({{"a1"}, {"b2"}, {"c3"}});
    put(std::string{node_name}, start(root));
  }
  ~trees_fixture() { end_all(); }

  void set_members(std::vector<std::string> ids, const std::string& gone = {}) {
    auto view = std::make_shared<schedule::cluster_view>();
    for (const auto& id : ids) {
      schedule::member x;
      x.node = id;
      x.state = id == gone ? schedule::member_state::gone : schedule::member_state::alive;
      view->members.push_back(x);
    }
    map->set(view);
  }
  void put(const std::string& name, const caf::actor& who) {
    names->put(name, caf::actor_cast<caf::strong_actor_ptr>(who));
  }
  peer put_peer(const std::string& id, std::optional<caf::message> answer) {
    peer p{std::move(answer)};
    put(link_name_of(id), start(link, p));
    return p;
  }
  auto keeper() {
    return start(cluster_trees_keeper, cluster_trees_parts{names, map, "b2", 1000ms});
  }

  std::shared_ptr<directory> names = std::make_shared<directory>();
  std::shared_ptr<cluster_map> map = std::make_shared<cluster_map>();
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(trees_of_the_cluster, trees_fixture)

BOOST_AUTO_TEST_CASE(all_nodes_tell_their_trees_the_others_through_their_links) {
  auto a = put_peer("a1", caf::make_message(tree_of("there")));
  put_peer("c3", caf::make_message(tree_of("far")));
  auto all = ask<cluster_trees>(keeper(), caller{}, cluster_tree_query{});
  BOOST_REQUIRE(all);
  BOOST_REQUIRE(all->nodes.size() == 3u);
  BOOST_TEST(all->nodes[0].node == "a1");
  BOOST_TEST(all->nodes[0].tree.at(0).name == "there");
  BOOST_TEST(all->nodes[1].tree.at(0).name == "here");
  BOOST_TEST(all->nodes[2].tree.at(0).name == "far");
  BOOST_TEST(a.seen->to == "node");
  BOOST_TEST(a.seen->node == "a1");
  BOOST_TEST(a.seen->patience_ms == 1000);
  BOOST_TEST(a.seen->body.match_elements<get_tree>());
}

BOOST_AUTO_TEST_CASE(a_node_that_does_not_tell_is_shown_with_the_reason) {
  put_peer("a1", std::nullopt);
  auto answer =
    ask_later<cluster_trees>(keeper(), caller{}, cluster_tree_query{}); // No link to c3.
  BOOST_TEST(!answer.is_there());
  pass(1s);
  auto all = answer.get();
  BOOST_REQUIRE(all);
  BOOST_REQUIRE(all->nodes.size() == 3u);
  BOOST_TEST(all->nodes[0].tree.empty());
  BOOST_TEST(!all->nodes[0].error.empty());
  BOOST_TEST(all->nodes[1].tree.size() == 1u);
  BOOST_TEST(all->nodes[2].error == "there is no link to it");
}

BOOST_AUTO_TEST_CASE(errors_strange_answers_and_nodes_that_are_gone_are_told) {
  put_peer("a1", caf::make_message(to_caf({ec::unreachable, "cut off"})));
  put_peer("c3", caf::make_message(std::string{"what?"}));
  set_members({"a1", "b2", "c3", "d4"}, "d4");
  auto all = ask<cluster_trees>(keeper(), caller{}, cluster_tree_query{});
  BOOST_REQUIRE(all);
  BOOST_REQUIRE(all->nodes.size() == 4u);
  BOOST_TEST(all->nodes[0].error.find("cut off") != std::string::npos);
  BOOST_TEST(all->nodes[2].error == "internal: the answer has another type than was asked for");
  BOOST_TEST(all->nodes[3].error == "the node is gone");
}

BOOST_AUTO_TEST_CASE(one_node_is_chosen_by_the_beginning_of_its_id) {
  set_members({"a1", "a12", "b2"});
  put_peer("a1", caf::make_message(tree_of("there")));
  auto all = keeper();
  auto of = [&](const char* beginning) {
    return ask<cluster_trees>(all, caller{}, cluster_tree_query{beginning});
  };
  BOOST_TEST(of("b")->nodes.at(0).tree.at(0).name == "here");
  BOOST_TEST(of("a1")->nodes.size() == 1u); // The whole id of one, though another begins so.
  BOOST_TEST(of("a1")->nodes.at(0).node == "a1");
  BOOST_TEST((of("a").error() == ec::bad_request));
  BOOST_TEST((of("x").error() == ec::not_found));
}

BOOST_AUTO_TEST_CASE(a_node_that_has_not_read_the_map_yet_shows_itself) {
  set_members({});
  names->put(node_name, nullptr);
  auto all = ask<cluster_trees>(keeper(), caller{}, cluster_tree_query{});
  BOOST_REQUIRE(all);
  BOOST_TEST(all->nodes.at(0).node == "b2");
  BOOST_TEST(all->nodes.at(0).error == "its root supervisor is not up");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
