#include "runtime/core/schedule/placement.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace placement_test {

using namespace aops::schedule;

namespace {

std::vector<placed_node> receivers(int count, int from = 1) {
  std::vector<placed_node> nodes;
  for (int i = from; i < from + count; ++i)
    nodes.push_back({"node-" + std::to_string(i), placement_role::receiver});
  return nodes;
}

std::vector<assignment> unowned(size_t count = 256) {
  return std::vector<assignment>(count, assignment{"", 1, ""});
}

/// As the store and the owners carry it out.
void carry_out(std::vector<assignment>& slots, const placement_plan& plan, bool hands_over = true) {
  for (auto& m : plan.assigned)
    slots[m.slot] = {m.to, m.epoch + 1, ""};
  for (auto& m : plan.targeted)
    slots[m.slot].target = m.to;
  for (auto& x : slots)
    if (hands_over && !x.target.empty())
      x = {x.target, x.epoch + 1, ""};
}

/// Plans until nothing is left to do. @returns Rounds.
int settle(std::vector<assignment>& slots,
           const std::vector<placed_node>& nodes,
           size_t most = 32) {
  for (int rounds = 0; rounds < 1000; ++rounds) {
    auto plan = plan_placement(slots, nodes, most);
    if (plan.empty())
      return rounds;
    carry_out(slots, plan);
  }
  return -1;
}

std::map<std::string, size_t> loads(const std::vector<assignment>& slots) {
  std::map<std::string, size_t> by_node;
  for (auto& x : slots)
    ++by_node[x.node];
  return by_node;
}

void check_even(const std::vector<assignment>& slots, const std::vector<placed_node>& nodes) {
  auto by_node = loads(slots);
  BOOST_TEST(by_node.size() == std::min(nodes.size(), slots.size()));
  for (auto& [node, load] : by_node) {
    BOOST_TEST(!node.empty());
    BOOST_TEST(load <= (slots.size() + nodes.size() - 1) / nodes.size());
    BOOST_TEST(load >= slots.size() / nodes.size());
  }
}

size_t moved(const std::vector<assignment>& a, const std::vector<assignment>& b) {
  size_t count = 0;
  for (size_t i = 0; i < a.size(); ++i)
    count += a[i].node != b[i].node;
  return count;
}

} // namespace

BOOST_AUTO_TEST_CASE(affinity_is_the_same_for_ever) {
  // XXH64 of "node-1" with the slot as seed; stored maps outlive releases.
  BOOST_TEST(affinity("node-1", 0) == affinity("node-1", 0));
  BOOST_TEST(affinity("node-1", 0) != affinity("node-1", 1));
  BOOST_TEST(affinity("node-1", 0) != affinity("node-2", 0));
  BOOST_TEST(affinity("a", 0) == 0xd24ec4f1a98c6e5bULL); // Reference `xxhsum -H64`.
}

BOOST_AUTO_TEST_CASE(slots_of_nobody_are_shared_out_evenly_in_one_plan) {
  for (int count : {1, 2, 3, 5, 7, 16, 100, 256, 300}) {
    auto slots = unowned();
    auto nodes = receivers(count);
    auto plan = plan_placement(slots, nodes, 32);
    BOOST_TEST(plan.assigned.size() == 256U);
    BOOST_TEST(plan.targeted.empty());
    carry_out(slots, plan);
    check_even(slots, nodes);
    BOOST_TEST(plan_placement(slots, nodes, 32).empty());
  }
}

BOOST_AUTO_TEST_CASE(a_node_that_comes_takes_its_share_and_nothing_moves_between_the_others) {
  for (int count = 1; count <= 12; ++count) {
    auto slots = unowned();
    settle(slots, receivers(count));
    auto before = slots;
    auto nodes = receivers(count + 1);
    auto newcomer = nodes.back().node;
    BOOST_TEST(settle(slots, nodes) > 0);
    check_even(slots, nodes);
    BOOST_TEST(moved(before, slots) <= 256U / static_cast<size_t>(count + 1) + 1);
    for (size_t i = 0; i < slots.size(); ++i)
      BOOST_TEST((slots[i].node == before[i].node || slots[i].node == newcomer));
  }
}

BOOST_AUTO_TEST_CASE(a_dead_nodes_slots_go_to_the_others_at_once_and_no_other_slot_moves) {
  for (int count = 2; count <= 12; ++count) {
    auto slots = unowned();
    settle(slots, receivers(count));
    auto before = slots;
    auto nodes = receivers(count - 1, 2); // Without node-1.
    auto plan = plan_placement(slots, nodes, 1);
    BOOST_TEST(plan.assigned.size() == loads(before)["node-1"]);
    BOOST_TEST(plan.targeted.empty());
    carry_out(slots, plan);
    check_even(slots, nodes);
    for (size_t i = 0; i < slots.size(); ++i)
      BOOST_TEST((before[i].node == "node-1" || slots[i].node == before[i].node));
  }
}

BOOST_AUTO_TEST_CASE(no_more_slots_than_allowed_are_under_way_for_balance) {
  auto slots = unowned();
  settle(slots, receivers(1));
  auto nodes = receivers(2);
  auto plan = plan_placement(slots, nodes, 10);
  BOOST_TEST(plan.targeted.size() == 10U);
  carry_out(slots, plan, false); // Nobody hands over yet.
  BOOST_TEST(plan_placement(slots, nodes, 10).empty());
  BOOST_TEST(plan_placement(slots, nodes, 12).targeted.size() == 2U);
}

BOOST_AUTO_TEST_CASE(all_slots_of_a_leaver_get_a_target_at_once) {
  auto nodes = receivers(3);
  auto slots = unowned();
  settle(slots, nodes);
  nodes[0].role = placement_role::leaver;
  auto plan = plan_placement(slots, nodes, 1);
  BOOST_TEST(plan.assigned.empty());
  BOOST_TEST(plan.targeted.size() == loads(slots)["node-1"]);
  carry_out(slots, plan);
  check_even(slots, receivers(2, 2));
}

BOOST_AUTO_TEST_CASE(without_receivers_nothing_moves_and_vain_targets_are_called_off) {
  std::vector<assignment> slots{{"a", 3, "b"}, {"a", 4, ""}, {"gone", 5, ""}};
  auto plan = plan_placement(slots, {{"a", placement_role::leaver}}, 32);
  BOOST_TEST(plan.assigned.empty());
  BOOST_TEST((plan.targeted == std::vector<slot_move>{{0, 3, ""}}));
}

BOOST_AUTO_TEST_CASE(a_keeper_keeps_its_slots_and_is_given_nothing) {
  auto nodes = receivers(3);
  auto slots = unowned();
  settle(slots, receivers(2));
  auto before = slots;
  nodes[2].role = placement_role::keeper; // In doubt before it ever got a slot.
  BOOST_TEST(plan_placement(slots, nodes, 32).empty());
  nodes[2].role = placement_role::receiver;
  nodes[0].role = placement_role::keeper;
  settle(slots, nodes);
  for (size_t i = 0; i < slots.size(); ++i)
    BOOST_TEST((before[i].node != "node-1" || slots[i].node == "node-1"));
}

BOOST_AUTO_TEST_CASE(a_keeper_with_nothing_does_not_keep_others_from_sharing_evenly) {
  auto nodes = receivers(3);
  nodes[2].role = placement_role::keeper;
  auto slots = unowned();
  settle(slots, receivers(1));
  settle(slots, nodes);
  check_even(slots, receivers(2));
}

BOOST_AUTO_TEST_CASE(a_dead_owners_slot_goes_to_the_one_it_was_being_handed_to) {
  std::vector<assignment> slots{{"dead", 3, "b"}, {"a", 1, ""}};
  auto plan =
    plan_placement(slots, {{"a", placement_role::receiver}, {"b", placement_role::receiver}}, 32);
  BOOST_TEST((plan.assigned == std::vector<slot_move>{{0, 3, "b"}}));
}

BOOST_AUTO_TEST_CASE(a_target_that_died_is_replaced_or_called_off) {
  std::vector<assignment> slots{{"a", 3, "dead"}, {"b", 4, ""}};
  auto plan =
    plan_placement(slots, {{"a", placement_role::receiver}, {"b", placement_role::receiver}}, 32);
  BOOST_TEST((plan.targeted == std::vector<slot_move>{{0, 3, ""}}));
  plan =
    plan_placement(slots, {{"a", placement_role::leaver}, {"b", placement_role::receiver}}, 32);
  BOOST_TEST((plan.targeted == std::vector<slot_move>{{0, 3, "b"}}));
}

BOOST_AUTO_TEST_CASE(the_order_of_nodes_does_not_matter) {
  auto nodes = receivers(7);
  auto turned = nodes;
  std::reverse(turned.begin(), turned.end());
  auto a = plan_placement(unowned(), nodes, 32), b = plan_placement(unowned(), turned, 32);
  BOOST_TEST((a.assigned == b.assigned));
}

BOOST_AUTO_TEST_CASE(any_history_of_coming_and_going_ends_even_and_at_rest) {
  uint64_t state = 7;
  auto random = [&](uint64_t n) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % n;
  };
  auto slots = unowned();
  std::set<int> present{1};
  for (int step = 0; step < 300; ++step) {
    auto who = static_cast<int>(random(9)) + 1;
    if (present.size() > 1 && present.contains(who))
      present.erase(who);
    else
      present.insert(who);
    std::vector<placed_node> nodes;
    for (auto i : present)
      nodes.push_back({"node-" + std::to_string(i), placement_role::receiver});
    carry_out(slots, plan_placement(slots, nodes, 4)); // Disturbed again before it is done.
    if (step % 3 != 0)
      continue;
    BOOST_TEST(settle(slots, nodes, 4) >= 0);
    check_even(slots, nodes);
  }
}

} // namespace placement_test
