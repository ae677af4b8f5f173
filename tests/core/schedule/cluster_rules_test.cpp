#include "runtime/core/schedule/cluster_rules.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace cluster_rules_test {

using namespace aops::schedule;

namespace {

constexpr int64_t protocol = 1;

/// A cluster of a, b and c at the store's time 100 s, each with a slot; a leads; calm for long; the
/// node's own clock shows 1000 s.
struct table {
  cluster_timing timing;
  cluster_view view;
  node_memory me;
  int64_t now_ms = 1'000'000;

  explicit table(const std::string& node = "a") {
    timing.most_moves = 8;
    view.now_ms = 100'000;
    view.leader = {"a", 7, 104'500};
    for (auto id : {"a", "b", "c"}) {
      member x;
      x.node = id;
      x.incarnation = 3;
      x.protocol = protocol;
      x.state = member_state::alive;
      x.until_ms = 104'500;
      x.started_ms = id[0];
      view.members.push_back(x);
    }
    view.slots = {{"a", 11, ""}, {"b", 12, ""}, {"c", 13, ""}};
    me.node = node;
    me.protocol = protocol;
    me.joined(3);
    me.renewed(view, timing, now_ms - 20'000);
    me.renewed(view, timing, now_ms);
    me.calm_since_ms = 50'000;
    for (auto& x : view.members)
      me.meet(x.node, x.incarnation);
    if (node == "a")
      me.took_leadership(7);
    auto slot = static_cast<uint16_t>(node[0] - 'a');
    me.apply(adopt_slots{{{slot, view.slots[slot].epoch}}});
  }

  member& row(const std::string& node) { return const_cast<member&>(*view.find(node)); }

  /// The lease of a node ended `ms` ago.
  void expire(const std::string& node, int64_t ms = 0) {
    row(node).until_ms = view.now_ms - ms;
    if (view.leader.holder == node)
      view.leader.until_ms = view.now_ms - ms;
  }

  void suspect(const std::string& node, bool is_strong, int64_t ms_ago = 0) {
    me.suspect({node, row(node).incarnation, is_strong, now_ms - ms_ago}, timing);
  }

  std::vector<cluster_action> decide() const {
    return aops::schedule::decide(view, me, timing, now_ms);
  }
};

using actions = std::vector<cluster_action>;

/// The action of a kind, if it is among them.
template <class Action>
const Action* find(const actions& all) {
  for (auto& x : all)
    if (auto* found = std::get_if<Action>(&x))
      return found;
  return nullptr;
}

} // namespace

BOOST_AUTO_TEST_SUITE(rest)

BOOST_AUTO_TEST_CASE(when_all_is_well_nobody_does_anything) {
  for (auto node : {"a", "b", "c"})
    BOOST_TEST(table{node}.decide().empty());
}

BOOST_AUTO_TEST_CASE(what_was_carried_out_is_not_decided_again) {
  table t;
  t.expire("b");
  for (auto& x : t.decide()) {
    if (auto* gone = std::get_if<declare_gone>(&x))
      t.row(gone->node).state = member_state::gone;
    if (auto* given = std::get_if<assign_slots>(&x))
      for (auto& m : given->slots)
        t.view.slots[m.slot] = {m.to, m.epoch + 1, ""};
  }
  for (auto& x : t.decide())
    if (auto* mine = std::get_if<adopt_slots>(&x))
      t.me.apply(*mine);
  BOOST_TEST(t.decide().empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_node_itself)

BOOST_AUTO_TEST_CASE(a_gone_node_drops_all_it_has_and_joins_again) {
  table t{"b"};
  t.row("b").state = member_state::gone;
  BOOST_TEST((t.decide() == actions{drop_slots{{1}}, join_again{}}));
  t.view.members.erase(t.view.members.begin() + 1); // Long gone.
  BOOST_TEST((t.decide() == actions{drop_slots{{1}}, join_again{}}));
}

BOOST_AUTO_TEST_CASE(a_node_that_may_have_joined_unheard_joins_again_and_does_not_step_aside) {
  table t{"b"};
  t.me.left();
  t.row("b").incarnation = 4;
  BOOST_TEST((t.decide() == actions{drop_slots{{1}}, join_again{}}));
}

BOOST_AUTO_TEST_CASE(a_node_steps_aside_for_another_process_with_its_id) {
  table t{"b"};
  t.row("b").incarnation = 4;
  BOOST_TEST((t.decide() == actions{drop_slots{{1}}, step_aside{4}}));
}

BOOST_AUTO_TEST_CASE(a_node_that_joined_after_the_view_waits_for_the_next_one) {
  table t{"b"};
  t.me.joined(4);
  BOOST_TEST(t.decide().empty());
}

BOOST_AUTO_TEST_CASE(slots_are_adopted_and_dropped_as_the_store_says) {
  table t{"b"};
  t.view.slots[0] = {"b", 15, ""};
  t.view.slots[1] = {"c", 16, ""};
  BOOST_TEST((t.decide() == actions{drop_slots{{1}}, adopt_slots{{{0, 15}}}}));
}

BOOST_AUTO_TEST_CASE(a_slot_that_came_back_under_another_epoch_starts_anew) {
  table t{"b"};
  t.view.slots[1].epoch = 14;
  BOOST_TEST((t.decide() == actions{drop_slots{{1}}, adopt_slots{{{1, 14}}}}));
}

BOOST_AUTO_TEST_CASE(a_node_that_cannot_renew_stops_acting_before_its_lease_ends) {
  table t{"b"};
  BOOST_TEST(is_sure(t.me, t.timing, t.now_ms + 4499));
  BOOST_TEST(!is_sure(t.me, t.timing, t.now_ms + 4500));
  t.me.left();
  BOOST_TEST(!is_sure(t.me, t.timing, t.now_ms));
}

BOOST_AUTO_TEST_CASE(the_lease_counts_from_the_start_of_the_request) {
  table t{"b"};
  t.view.now_ms += 3000;
  t.me.renewed(t.view, t.timing, t.now_ms + 1000); // Answered at + 3000.
  BOOST_TEST(sure_until_ms(t.me, t.timing) == t.now_ms + 5500);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(handing_over)

BOOST_AUTO_TEST_CASE(an_owner_ends_what_lives_there_then_hands_over) {
  table t{"b"};
  t.view.slots[1].target = "c";
  BOOST_TEST((t.decide() == actions{release_slots{{{1, 12}}}}));
  t.me.apply(release_slots{{{1, 12}}});
  BOOST_TEST(t.decide().empty()); // While it ends.
  t.me.released({{1, 12}});
  BOOST_TEST((t.decide() == actions{hand_over_slots{{{1, 12, "c"}}}}));
  t.view.slots[1] = {"c", 13, ""};
  BOOST_TEST((t.decide() == actions{drop_slots{{1}}}));
}

BOOST_AUTO_TEST_CASE(an_owner_keeps_what_is_held_and_goes_on_with_the_rest) {
  table t{"b"};
  t.view.slots[1].target = "c";
  t.me.held = {false, true};
  BOOST_TEST(t.decide().empty());
  t.me.held[1] = false;
  BOOST_TEST((t.decide() == actions{release_slots{{{1, 12}}}}));
}

BOOST_AUTO_TEST_CASE(an_owner_whose_hand_over_is_called_off_starts_again_what_had_ended) {
  table t{"b"};
  t.me.apply(release_slots{{{1, 12}}});
  BOOST_TEST(t.decide().empty()); // First it ends.
  t.me.released({{1, 12}});
  BOOST_TEST((t.decide() == actions{keep_slots{{{1, 12}}}}));
  t.me.apply(keep_slots{{{1, 12}}});
  BOOST_TEST(t.decide().empty());
}

BOOST_AUTO_TEST_CASE(an_end_that_comes_late_says_nothing_of_what_lives_there_now) {
  table t{"b"};
  t.me.apply(release_slots{{{1, 12}}});
  t.me.apply(drop_slots{{1}});
  t.me.apply(adopt_slots{{{1, 14}}});
  t.me.released({{1, 12}});
  BOOST_TEST((t.me.phases[1] == slot_phase::at_work));
}

BOOST_AUTO_TEST_CASE(a_draining_node_is_done_when_it_has_no_slots_or_nobody_takes_them) {
  table t{"b"};
  BOOST_TEST(!is_drained(t.view, t.me));
  t.view.slots[1].node = "c";
  BOOST_TEST(is_drained(t.view, t.me));
  t.view.slots[1].node = "b";
  t.row("a").state = t.row("c").state = member_state::draining;
  BOOST_TEST(is_drained(t.view, t.me));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(who_leads)

BOOST_AUTO_TEST_CASE(the_first_of_a_cluster_leads) {
  table t{"b"};
  t.view.leader = {"", 1, 0};
  BOOST_TEST((t.decide() == actions{take_leadership{1}}));
}

BOOST_AUTO_TEST_CASE(an_expired_lease_is_taken_in_turn) {
  //                 who, since, takes
  for (auto [node, ms, takes] : {std::tuple{"b", 0, true},
                                 std::tuple{"b", -1, false},
                                 std::tuple{"c", 0, false},
                                 std::tuple{"c", 249, false},
                                 std::tuple{"c", 250, true}}) {
    table t{node};
    t.expire("a", ms);
    BOOST_TEST((find<take_leadership>(t.decide()) != nullptr) == takes, node << " after " << ms);
  }
}

BOOST_AUTO_TEST_CASE(those_who_leave_stand_behind_those_who_stay) {
  table t{"c"};
  t.expire("a");
  t.row("b").state = member_state::draining;
  BOOST_TEST((t.decide() == actions{take_leadership{7}}));
}

BOOST_AUTO_TEST_CASE(whoever_has_no_link_to_those_who_live_stands_last) {
  table t{"b"};
  t.me.met.clear();
  t.expire("a", 1999);
  BOOST_TEST(t.decide().empty());
  t.expire("a", 2000);
  BOOST_TEST((t.decide() == actions{take_leadership{7}}));
  t.expire("c", 9000); // Nobody else lives.
  t.expire("a", 0);
  BOOST_TEST((t.decide() == actions{take_leadership{7}}));
}

BOOST_AUTO_TEST_CASE(nobody_waits_for_a_node_it_has_no_link_with) {
  table t{"c"};
  t.expire("a");
  BOOST_TEST(t.decide().empty());
  t.row("b").incarnation = 4;
  t.me.meet("d", 1); // Whoever is linked to nobody waits for all.
  t.view.members.push_back(t.row("b"));
  t.view.members.back().node = "d";
  t.view.members.back().incarnation = 1;
  BOOST_TEST((t.decide() == actions{take_leadership{7}}));
}

BOOST_AUTO_TEST_CASE(a_dead_leaders_lease_is_taken_early_on_strong_evidence_only) {
  table t{"b"};
  t.suspect("a", false);
  BOOST_TEST(t.decide().empty());
  t.suspect("a", true);
  BOOST_TEST((t.decide() == actions{take_leadership{7}}));
}

BOOST_AUTO_TEST_CASE(evidence_speaks_of_one_incarnation_and_not_for_ever) {
  table t{"b"};
  t.suspect("a", true);
  t.row("a").incarnation = 4;
  BOOST_TEST(t.decide().empty());
  t.row("a").incarnation = 3;
  BOOST_TEST(!t.decide().empty());
  t.now_ms += 5001;
  BOOST_TEST(t.decide().empty());
}

BOOST_AUTO_TEST_CASE(a_renewal_well_after_the_evidence_refutes_it) {
  table t{"b"};
  t.suspect("a", true, 3000); // 97 s by the store's clock.
  t.row("a").until_ms = 97'500 + t.timing.lease_ms;
  BOOST_TEST(!t.decide().empty()); // That was under way at its death.
  t.row("a").until_ms = 97'501 + t.timing.lease_ms;
  BOOST_TEST(t.decide().empty());
}

BOOST_AUTO_TEST_CASE(a_peer_whose_link_is_up_again_is_trusted) {
  table t{"b"};
  t.suspect("a", true);
  t.suspect("a", false); // Does not weaken what is known.
  BOOST_TEST(!t.decide().empty());
  t.me.trust("a");
  BOOST_TEST(t.decide().empty());
}

BOOST_AUTO_TEST_CASE(after_an_outage_the_old_leader_is_given_time_to_renew) {
  table t{"b"};
  t.expire("a", 8000);
  t.me.calm_since_ms = t.view.now_ms - 1999;
  BOOST_TEST(t.decide().empty());
  t.me.calm_since_ms = t.view.now_ms - 2000;
  BOOST_TEST((t.decide() == actions{take_leadership{7}}));
}

BOOST_AUTO_TEST_CASE(a_node_started_anew_takes_the_lease_its_last_incarnation_held) {
  table t{"b"};
  t.view.leader.holder = "b";
  BOOST_TEST((t.decide() == actions{take_leadership{7}}));
}

BOOST_AUTO_TEST_CASE(a_leader_that_left_is_replaced_at_once) {
  table t{"b"};
  t.row("a").state = member_state::gone;
  BOOST_TEST((t.decide() == actions{take_leadership{7}}));
}

BOOST_AUTO_TEST_CASE(a_leader_that_lost_its_lease_makes_no_more_leader_writes) {
  table t;
  t.expire("c");
  t.view.leader = {"b", 8, 105'000};
  BOOST_TEST(t.decide().empty());
  t.me.renewed(t.view, t.timing, t.now_ms);
  BOOST_TEST(t.me.led_epoch == 0U);
  BOOST_TEST(!leads(t.view, t.me));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(what_the_leader_does)

BOOST_AUTO_TEST_CASE(a_node_whose_lease_expired_is_gone_and_its_slots_go_to_others) {
  table t;
  t.expire("b");
  auto all = t.decide();
  BOOST_TEST((all.size() == 2U && all[0] == cluster_action{declare_gone{"b", 3, true}}));
  auto* given = find<assign_slots>(all);
  BOOST_REQUIRE(given);
  BOOST_TEST(given->slots.size() == 1U);
  BOOST_TEST(given->slots[0].slot == 1U);
  BOOST_TEST(given->slots[0].epoch == 12U);
  BOOST_TEST(given->slots[0].to != "b");
}

BOOST_AUTO_TEST_CASE(on_strong_evidence_a_node_is_gone_before_its_lease_ends) {
  table t;
  t.suspect("b", true);
  auto all = t.decide();
  BOOST_TEST((all.size() == 2U && all[0] == cluster_action{declare_gone{"b", 3, false}}));
}

BOOST_AUTO_TEST_CASE(weak_evidence_moves_nothing) {
  table t;
  t.suspect("b", false);
  BOOST_TEST(t.decide().empty());
}

BOOST_AUTO_TEST_CASE(a_node_the_leader_has_no_link_with_is_given_nothing) {
  table t;
  t.me.met.clear();
  t.me.meet("c", 3);
  t.view.slots[1] = {"", 12, ""};
  auto all = t.decide();
  BOOST_REQUIRE(find<assign_slots>(all));
  BOOST_TEST(find<assign_slots>(all)->slots[0].to != "b");
  // What it has it keeps, and it is not taken for dead.
  t.view.slots[1] = {"b", 12, ""};
  BOOST_TEST(t.decide().empty());
}

BOOST_AUTO_TEST_CASE(a_node_counts_as_met_under_the_incarnation_it_was_met_with) {
  table t;
  t.view.slots = {{"a", 11, ""}, {"a", 12, ""}, {"c", 13, ""}};
  t.me.renewed(t.view, t.timing, t.now_ms);
  t.me.apply(adopt_slots{{{1, 12}}});
  auto targets = t.decide();
  BOOST_REQUIRE(find<set_targets>(targets));
  BOOST_TEST(find<set_targets>(targets)->slots[0].to == "b");
  t.row("b").incarnation = 4;
  BOOST_TEST(t.decide().empty());
  t.me.meet("b", 4);
  BOOST_TEST((t.decide() == targets));
}

BOOST_AUTO_TEST_CASE(after_an_outage_expired_leases_count_after_one_calm_lease) {
  table t;
  t.expire("b", 20'000);
  t.me.calm_since_ms = t.view.now_ms - 4999;
  BOOST_TEST(t.decide().empty());
  t.suspect("b", true); // Strong evidence needs no calm.
  BOOST_TEST(!t.decide().empty());
  t.me.trust("b");
  t.me.calm_since_ms = t.view.now_ms - 5000;
  BOOST_TEST(!t.decide().empty());
}

BOOST_AUTO_TEST_CASE(calm_ends_with_a_long_gap_or_a_jump_of_the_stores_clock) {
  for (auto [step, is_calm] : {std::pair{1000, true},
                               std::pair{2000, true},
                               std::pair{2001, false},
                               std::pair{-1, false}}) {
    table t;
    t.view.now_ms += step;
    t.me.renewed(t.view, t.timing, t.now_ms + 1000);
    BOOST_TEST((t.me.calm_since_ms == 50'000) == is_calm, step);
  }
}

BOOST_AUTO_TEST_CASE(a_leader_never_counts_itself_as_dead) {
  table t;
  t.expire("a", 9000);
  t.suspect("a", true);
  BOOST_TEST(t.decide().empty());
}

BOOST_AUTO_TEST_CASE(slots_of_a_draining_node_get_targets) {
  table t;
  t.row("b").state = member_state::draining;
  auto all = t.decide();
  auto* targets = find<set_targets>(all);
  BOOST_TEST(all.size() == 1U);
  BOOST_REQUIRE(targets);
  BOOST_TEST(targets->slots.size() == 1U);
  BOOST_TEST(targets->slots[0].slot == 1U);
  BOOST_TEST((targets->slots[0].to == "a" || targets->slots[0].to == "c"));
}

BOOST_AUTO_TEST_CASE(a_draining_leader_hands_its_own_slots_over) {
  table t;
  t.row("a").state = member_state::draining;
  auto all = t.decide();
  BOOST_REQUIRE(find<set_targets>(all));
  BOOST_TEST(find<set_targets>(all)->slots[0].slot == 0U);
}

BOOST_AUTO_TEST_CASE(a_new_member_gets_its_share) {
  table t;
  t.view.slots = {{"a", 11, ""}, {"a", 12, ""}, {"b", 13, ""}};
  t.me.epochs = {11, 12, 0};
  auto all = t.decide();
  BOOST_REQUIRE(find<set_targets>(all));
  BOOST_TEST(find<set_targets>(all)->slots.size() == 1U);
  BOOST_TEST(find<set_targets>(all)->slots[0].to == "c");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(protocols)

BOOST_AUTO_TEST_CASE(a_node_of_another_protocol_stays_outside_and_does_not_lead) {
  table t{"b"};
  t.me.protocol = t.row("b").protocol = 2;
  t.row("b").started_ms = 900; // The youngest.
  BOOST_TEST((t.decide() == actions{stay_outside{1}}));
  t.expire("a", 9000);
  BOOST_TEST((t.decide() == actions{stay_outside{1}})); // c still lives.
  t.expire("c", 9000);
  BOOST_TEST((t.decide() == actions{take_leadership{7}}));
}

BOOST_AUTO_TEST_CASE(slots_leave_a_node_of_another_protocol) {
  table t;
  t.row("b").protocol = 2;
  auto all = t.decide();
  BOOST_REQUIRE(find<set_targets>(all));
  BOOST_TEST(find<set_targets>(all)->slots[0].slot == 1U);
}

BOOST_AUTO_TEST_CASE(without_a_leader_the_oldest_member_says_which_protocol_it_is) {
  table t;
  t.view.leader.holder = "";
  t.row("a").started_ms = 900;
  t.row("b").protocol = 2;
  BOOST_TEST(protocol_of(t.view) == 2);
  BOOST_TEST(protocol_of({}) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(how_a_peer_looks) {
  table t;
  auto look = [&] { return health_of(t.view, t.me, t.timing, t.row("b"), t.now_ms); };
  BOOST_TEST((look() == peer_health::alive));
  t.row("b").state = member_state::draining;
  BOOST_TEST((look() == peer_health::draining));
  t.suspect("b", false);
  BOOST_TEST((look() == peer_health::suspect));
  t.me.trust("b");
  t.row("b").state = member_state::alive;
  t.me.met.clear(); // It never had a link.
  BOOST_TEST((look() == peer_health::suspect));
  t.row("b").state = member_state::gone;
  BOOST_TEST((look() == peer_health::gone));
}

} // namespace cluster_rules_test
