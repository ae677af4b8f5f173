#include "actors/host/rule_costs_keeper.hpp"
#include "actors/support/prepare.hpp"
#include "messages/cluster.hpp"
#include "messages/names.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

namespace aops::actors::rule_costs_test {

namespace {

/// A link whose peer tells these costs of `ann`.
caf::behavior peer(caf::event_based_actor* self, node_rule_costs costs) {
  prepare(self, "link");
  return {[costs](const parcel& x) {
    BOOST_TEST(x.to == rule_costs_name);
    BOOST_REQUIRE(x.body.match_elements<node_rule_costs_query>());
    parcel back;
    back.body = caf::make_message(
      x.body.get_as<node_rule_costs_query>(0).owner == "ann" ? costs : node_rule_costs{});
    return back;
  }};
}

struct costs_fixture : tests::actor_fixture {
  costs_fixture() {
    auto view = std::make_shared<schedule::cluster_view>();
    for (const auto* id : {"a1", "b2", "c3", "d4"}) {
      schedule::member x;
      x.node = id;
      x.state =
        std::string{id} == "d4" ? schedule::member_state::gone : schedule::member_state::alive;
      view->members.push_back(x);
    }
    map->set(view);
    costs->add("ann", {{"cheap", 10, 1'000'000'000}, {"deep", 10, 2'000'000'000}});
    costs->add("bob", {{"his", 1, 9'000'000'000}});
    rule_costs_parts parts{names, map, "b2", costs, 5000, 1000ms};
    keeper = start(rule_costs_keeper, parts);
    put(std::string{rule_costs_name}, keeper);
    put(link_name_of("a1"), start(peer, node_rule_costs{7000, {{"deep", 30, 5.0}}}));
  }
  ~costs_fixture() { end_all(); }

  template <class Handle>
  void put(const std::string& name, const Handle& who) {
    names->put(name, caf::actor_cast<caf::strong_actor_ptr>(who));
  }
  rule_costs_page page(const std::string& owner, std::vector<std::string> items = {}) {
    caller who;
    who.owner = owner;
    return tests::ok(ask<rule_costs_page>(keeper, who, rule_costs_query{std::move(items)}));
  }

  std::shared_ptr<directory> names = std::make_shared<directory>();
  std::shared_ptr<cluster_map> map = std::make_shared<cluster_map>();
  std::shared_ptr<rule_costs> costs = std::make_shared<rule_costs>();
  rule_costs_actor keeper;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(costs_of_rules, costs_fixture)

BOOST_AUTO_TEST_CASE(are_summed_over_all_nodes_the_dearest_first) {
  put(link_name_of("c3"), start(peer, node_rule_costs{6000, {}}));
  auto all = page("ann");
  BOOST_TEST(all.code == 200);
  BOOST_TEST(all.missing_nodes.empty()); // The one that is gone has no hosts.
  BOOST_TEST(all.seconds == 8.0);
  BOOST_TEST(all.since.value_or(moment{}).ms == 7000);
  BOOST_REQUIRE(all.rule_costs.size() == 2u);
  BOOST_TEST(all.rule_costs[0].check_item == "deep");
  BOOST_TEST(all.rule_costs[0].evaluations == 40);
  BOOST_TEST(all.rule_costs[0].seconds == 7.0);
  BOOST_TEST(all.rule_costs[0].share == 7.0 / 8);
  BOOST_TEST(all.rule_costs[0].mean_us == 175'000);
  BOOST_TEST(all.rule_costs[1].check_item == "cheap");
  BOOST_TEST(page("ann", {"cheap"}).rule_costs.size() == 1u);
  BOOST_TEST(page("ann", {"cheap"}).rule_costs[0].share == 1.0 / 8); // Of all of them.
}

BOOST_AUTO_TEST_CASE(are_told_to_their_owner_only) {
  put(link_name_of("c3"), start(peer, node_rule_costs{6000, {}}));
  auto his = page("bob");
  BOOST_REQUIRE(his.rule_costs.size() == 1u);
  BOOST_TEST(his.rule_costs[0].check_item == "his");
  BOOST_TEST(page("").rule_costs.empty());
}

BOOST_AUTO_TEST_CASE(of_a_node_that_does_not_tell_are_missing_by_name) {
  auto some = page("ann"); // No link to c3.
  BOOST_TEST(some.code == 206);
  BOOST_TEST(some.missing_nodes == std::vector<std::string>{"c3"},
             boost::test_tools::per_element());
  BOOST_TEST(some.seconds == 8.0);
}

BOOST_AUTO_TEST_CASE(of_rules_beyond_the_counted_are_told_as_one_of_their_owner) {
  for (size_t i = 0; i < rule_costs::most_rules; ++i)
    costs->add("eve", {{"r" + std::to_string(i), 1, 1}});
  costs->add("ann", {{"late", 3, 4'000'000'000}});
  auto all = page("ann");
  BOOST_TEST(all.rule_costs.size() == 3u);
  BOOST_TEST(all.rule_costs[1].check_item.empty());
  BOOST_TEST(all.rule_costs[1].evaluations == 3);
  // Those of another owner are not in it.
  BOOST_TEST(page("bob").rule_costs.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::rule_costs_test
