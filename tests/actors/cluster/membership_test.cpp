#include "messages/roles/changes.hpp"
#include "tests/actors/cluster/membership_fixture.hpp"

/// Several memberships over one store, by a clock that is turned: TTL 5 s, renewed every second.
namespace aops::actors {

using tests::failure_of;
using tests::ok;

BOOST_FIXTURE_TEST_SUITE(membership_of_many, tests::membership_fixture)

BOOST_AUTO_TEST_CASE(the_first_node_leads_and_owns_everything_at_once) {
  auto& a = add("a");
  ok(ask<void>(a.membership, atom::ping_v));
  BOOST_TEST(settle(0ms).count() == 0);
  BOOST_TEST(leader() == "a");
  BOOST_TEST(a.slots() == 256u);
  BOOST_TEST(log.count("leader-taken") == 1u);
  BOOST_TEST(a.services->this_node->incarnation() == 1);
  BOOST_TEST(a.services->this_node->is_sure(time.steady_ms()));
  BOOST_TEST(surprises() == "");
}

BOOST_AUTO_TEST_CASE(ping_waits_until_the_node_is_a_member) {
  auto& a = add("a");
  a.way->is_down = true;
  end(a.membership);
  start_membership(a);
  auto ready = ask_later<void>(a.membership, atom::ping_v);
  pass(3s);
  BOOST_TEST(!ready.is_there());
  a.way->is_down = false;
  pass(1s);
  BOOST_TEST(ready.is_there());
}

BOOST_AUTO_TEST_CASE(a_second_node_gets_its_half_in_order_and_nothing_else_moves) {
  auto& a = add("a");
  settle(0ms);
  auto& b = add("b");
  settle(10s);
  BOOST_TEST(a.slots() == 128u);
  BOOST_TEST(b.slots() == 128u);
  BOOST_TEST(leader() == "a");
  BOOST_TEST(a.hosts->releases > 0u);
  BOOST_TEST(b.hosts->releases == 0u);
  BOOST_TEST(surprises() == "");
}

BOOST_AUTO_TEST_CASE(a_leader_with_nothing_to_do_leaves_the_map_alone) {
  add("a"), add("b"), add("c");
  settle(10s);
  auto version = stored().map_version;
  auto news = nodes["a"]->news;
  pass(1min);
  BOOST_TEST(stored().map_version == version);
  BOOST_TEST(nodes["a"]->news == news);
}

BOOST_AUTO_TEST_CASE(slots_of_a_killed_node_are_taken_over_without_waiting_for_its_lease) {
  add("a"), add("b"), add("c");
  settle(10s);
  pass(10s);
  kill("b");
  BOOST_TEST(settle(3s).count() <= 1000);
  BOOST_TEST(stored().find("b")->until_ms > time.wall_ms());
  BOOST_TEST(log.count("node-gone") == 1u);
  BOOST_TEST(log.count("takeover") == 2u); // Both others got some.
  BOOST_TEST(state_of("b", "a") == "gone");
}

BOOST_AUTO_TEST_CASE(a_killed_leader_is_replaced_within_three_seconds) {
  add("a"), add("b"), add("c");
  settle(10s);
  pass(10s);
  BOOST_TEST(leader() == "a");
  auto epoch = stored().leader.epoch;
  kill("a");
  BOOST_TEST(settle(3s).count() <= 3000);
  BOOST_TEST(leader() == "b");
  BOOST_TEST(stored().leader.epoch == epoch + 1);
}

BOOST_AUTO_TEST_CASE(silence_is_only_suspicion_until_the_lease_ends) {
  add("a"), add("b"), add("c");
  settle(10s);
  pass(10s);
  silence("b");
  break_links("b"); // Its port does not refuse.
  pass(3s);
  BOOST_TEST(probes > 0);
  BOOST_TEST(state_of("b", "a") == "suspect");
  BOOST_TEST(nodes["a"]->slots() + nodes["c"]->slots() < 256u);
  BOOST_TEST(settle(7s).count() <= 7000);
  BOOST_TEST(stored().find("b")->until_ms <= time.wall_ms());
  BOOST_TEST(log.count("node-suspected") == 2u); // Once by each of the others.
}

BOOST_AUTO_TEST_CASE(a_silent_leader_is_replaced_when_its_lease_ends) {
  add("a"), add("b"), add("c");
  settle(10s);
  pass(10s);
  silence("a");
  BOOST_TEST(settle(10s).count() <= 10'000);
  BOOST_TEST(leader() == "b");
}

BOOST_AUTO_TEST_CASE(who_does_not_lead_looks_after_a_dead_peer_at_its_own_pace) {
  add("a"), add("b"), add("c");
  settle(10s);
  nodes["a"]->way->is_down = true; // The leader cannot count anybody as gone.
  silence("b");
  refusing.insert("b:7000");
  tell(nodes["c"]->membership, peer_seen{"b", 1, false});
  auto before = probes;
  pass(1s);
  BOOST_TEST(probes > before);
  BOOST_TEST(probes - before <= 5);
}

BOOST_AUTO_TEST_CASE(a_member_without_a_link_gets_slots_when_it_has_one) {
  add("a"), add("b");
  settle(10s);
  unlinked.insert("c");
  add("c");
  pass(10s);
  BOOST_TEST(state_of("c", "a") == "suspect");
  BOOST_TEST(nodes["c"]->slots() == 0u);
  BOOST_TEST(nodes["a"]->slots() == 128u);
  tell(nodes["a"]->membership, peer_seen{"c", 1, true});
  tell(nodes["b"]->membership, peer_seen{"c", 1, true});
  BOOST_TEST(settle(3s).count() <= 3000);
  BOOST_TEST(state_of("c", "b") == "alive");
}

BOOST_AUTO_TEST_CASE(pages_hear_that_a_node_looks_otherwise_where_the_map_is_the_same) {
  add("a"), add("b");
  settle(10s);
  pass(10s);
  int told = 0;
  auto pages = system.spawn([&told](caf::event_based_actor*) -> caf::behavior {
    return {[&told](const lists_to_show& x) { told += x.lists == bit_of(followed_list::nodes); }};
  });
  nodes["a"]->services->names->put(std::string{changes_name},
                                   caf::actor_cast<caf::strong_actor_ptr>(pages));
  pass(10s);
  BOOST_TEST(told == 0); // Renewed leases are no news.
  tell(nodes["a"]->membership, peer_seen{"b", 1, false});
  pass(1500ms);
  BOOST_TEST(told >= 1);
  told = 0;
  tell(nodes["a"]->membership, peer_seen{"b", 1, true});
  pass(1500ms);
  BOOST_TEST(state_of("b", "a") == "alive");
  BOOST_TEST(told >= 1);
  caf::anon_send_exit(pages, caf::exit_reason::user_shutdown);
}

BOOST_AUTO_TEST_CASE(a_link_that_comes_back_ends_the_suspicion) {
  add("a"), add("b");
  settle(10s);
  tell(nodes["a"]->membership, peer_seen{"b", 1, false});
  BOOST_TEST(state_of("b", "a") == "suspect");
  tell(nodes["a"]->membership, peer_seen{"b", 1, true});
  BOOST_TEST(state_of("b", "a") == "alive");
  auto before = probes;
  pass(10s);
  BOOST_TEST(probes == before);
}

BOOST_AUTO_TEST_CASE(news_of_an_earlier_incarnation_says_nothing) {
  add("a"), add("b");
  settle(10s);
  refusing.insert("b:7000");
  tell(nodes["a"]->membership, peer_seen{"b", 7, false});
  pass(3s);
  BOOST_TEST(state_of("b", "a") == "alive");
  BOOST_TEST(probes == 0);
}

BOOST_AUTO_TEST_CASE(an_outage_of_the_store_moves_nothing) {
  add("a"), add("b"), add("c");
  settle(10s);
  pass(10s);
  auto version = stored().map_version;
  for (auto& [id, n] : nodes)
    n->way->is_down = true;
  pass(30s);
  for (auto& [id, n] : nodes) {
    BOOST_TEST(n->slots() > 80u); // All go on with what they have,
    BOOST_TEST(!n->services->this_node->is_sure(time.steady_ms())); // but are not sure.
  }
  BOOST_TEST(state_of("a", "a") == "suspect");
  for (auto& [id, n] : nodes) {
    n->way->is_down = false;
    pass(300ms); // They come back one after the other.
  }
  pass(20s);
  BOOST_TEST(is_settled());
  BOOST_TEST(stored().map_version == version);
  BOOST_TEST(log.count("node-gone") == 0u);
  BOOST_TEST(log.count("lease-unsure") == 3u);
  BOOST_TEST(log.count("lease-renewed") == 3u);
  BOOST_TEST(nodes["a"]->services->this_node->is_sure(time.steady_ms()));
}

BOOST_AUTO_TEST_CASE(a_node_cut_off_from_the_store_is_fenced_drops_all_and_joins_again) {
  add("a"), add("b"), add("c");
  settle(10s);
  pass(10s);
  auto& b = *nodes["b"];
  b.way->is_down = true;
  pass(10s);
  BOOST_TEST(nodes["a"]->slots() + nodes["c"]->slots() == 256u);
  BOOST_TEST(b.slots() > 0u); // It cannot know; the store refuses its writes.
  b.way->is_down = false;
  pass(1s);
  BOOST_TEST(log.count("node-fenced") == 1u);
  BOOST_TEST(b.services->this_node->incarnation() == 2);
  settle(15s);
  BOOST_TEST(b.slots() > 80u);
  BOOST_TEST(surprises() == "");
}

BOOST_AUTO_TEST_CASE(a_join_whose_answer_got_lost_is_made_again_and_not_taken_for_another_process) {
  add("a"), add("b");
  settle(10s);
  auto& b = *nodes["b"];
  b.way->is_down = true;
  pass(15s);
  b.way->is_down = false;
  b.way->loses_commits = true; // Its renewal is refused without one: the first is that of the join.
  pass(3s);
  BOOST_TEST(!b.way->loses_commits);
  BOOST_TEST(log.count("node-fenced") == 1u);
  BOOST_TEST(log.count("node-replaced") == 0u);
  BOOST_TEST(stored().find("b")->incarnation == 3); // 2 is that whose answer got lost.
  BOOST_TEST(b.services->this_node->incarnation() == 3);
  settle(15s);
  BOOST_TEST(b.slots() == 128u);
}

BOOST_AUTO_TEST_CASE(a_node_started_again_at_once_keeps_its_slots_under_new_epochs) {
  add("a"), add("b");
  settle(10s);
  auto& b = *nodes["b"];
  auto epochs = stored().slots;
  auto mine = b.slots();
  silence("b");
  pass(200ms);
  auto old = b.services->ownership;
  add("b"); // A new process: knows nothing of the old one.
  settle(2s);
  BOOST_TEST(nodes["b"]->slots() == mine);
  auto now = stored().slots;
  for (size_t slot = 0; slot < now.size(); ++slot)
    BOOST_TEST(now[slot].epoch == epochs[slot].epoch + (now[slot].node == "b" ? 1 : 0));
  BOOST_TEST(log.count("node-gone") == 0u);
}

BOOST_AUTO_TEST_CASE(a_membership_that_crashed_lets_its_regions_start_afresh) {
  auto& a = add("a");
  settle(0ms);
  end(a.membership, caf::exit_reason::kill);
  start_membership(a);
  settle(2s);
  BOOST_TEST(a.services->this_node->incarnation() == 2);
  BOOST_TEST(a.slots() == 256u);
  BOOST_TEST(log.count("slots-lost") == 1u);
  BOOST_TEST(surprises() == "");
}

BOOST_AUTO_TEST_CASE(of_two_processes_with_one_id_the_first_one_stays_outside) {
  auto& first = add("a");
  settle(0ms);
  auto kept = std::move(nodes["a"]); // Goes on beside the one that takes its place.
  auto& second = add("a");
  pass(20s);
  BOOST_TEST(first.slots() == 0u);
  BOOST_TEST(second.slots() == 256u);
  BOOST_TEST(log.count("node-replaced") == 1u);
  BOOST_TEST(stored().find("a")->incarnation == 2);
}

BOOST_AUTO_TEST_CASE(a_region_that_needs_time_is_waited_for_while_leases_go_on) {
  auto& a = add("a");
  settle(0ms);
  a.hosts->lets_go = false;
  auto& b = add("b");
  pass(3s);
  BOOST_TEST(a.hosts->open.size() == 1u);
  BOOST_TEST(b.slots() == 0u);
  BOOST_TEST(a.slots() == 256u); // Its own until handed over.
  BOOST_TEST(stored().find("a")->until_ms > time.wall_ms() + 3000);
  let_go("a");
  BOOST_TEST(b.slots() == 32u); // `most_moves`; the next ones are asked for.
  BOOST_TEST(a.hosts->open.size() == 1u);
  a.hosts->lets_go = true;
  let_go("a");
  settle(10s);
  BOOST_TEST(surprises() == "");
}

BOOST_AUTO_TEST_CASE(a_region_that_never_lets_go_is_not_waited_for_longer_than_hand_over) {
  auto& a = add("a");
  settle(0ms);
  a.hosts->lets_go = false;
  auto& b = add("b");
  pass(7s);
  BOOST_TEST(b.slots() >= 32u);
  BOOST_TEST(log.count("slots-not-released") >= 1u);
  for (uint16_t slot = 0; slot < 256; ++slot)
    BOOST_TEST(!(a.hosts->alive.contains(slot) && b.hosts->alive.contains(slot)));
}

BOOST_AUTO_TEST_CASE(a_slot_that_is_held_stays_with_its_owner_until_it_is_let_go_of) {
  auto& a = add("a");
  settle(0ms);
  std::vector<schedule::slot_holds::hold> holds;
  for (uint16_t slot = 0; slot < 256; ++slot)
    holds.push_back(a.services->holds->take(slot));
  auto& b = add("b");
  pass(60s);
  BOOST_TEST(b.slots() == 0u);
  BOOST_TEST(a.hosts->alive.size() == 256u); // All of it goes on.
  BOOST_TEST(a.hosts->open.empty());
  auto wanted = stored().slots;
  for (uint16_t slot = 0; slot < 256; ++slot)
    BOOST_TEST(!a.services->holds->take(slot) == (wanted[slot].target == "b"));
  holds.clear();
  settle(20s);
  BOOST_TEST(b.slots() == 128u);
  BOOST_TEST(surprises() == "");
}

BOOST_AUTO_TEST_CASE(a_node_that_is_to_stop_cuts_off_what_holds_its_slots_when_its_time_is_up) {
  add("a"), add("b");
  settle(10s);
  auto& b = *nodes["b"];
  uint16_t slot = 0;
  while (!b.services->ownership->owns(slot))
    ++slot;
  auto hold = b.services->holds->take(slot);
  auto stopped = ask_later<done>(b.membership, atom::stop_v, int64_t{5000});
  pass(4500ms);
  BOOST_TEST(b.slots() == 1u);
  BOOST_TEST(!b.services->holds->is_cut_off());
  pass(1s);
  BOOST_TEST(b.services->holds->is_cut_off());
  BOOST_TEST(log.count("work-cut-off") == 1u);
  BOOST_TEST(!stopped.is_there());
  hold.reset(); // It has ended, and is noted.
  pass(1s);
  BOOST_TEST(stopped.is_there());
  BOOST_TEST(b.slots() == 0u);
  BOOST_TEST(nodes["a"]->slots() == 256u); // In order.
}

BOOST_AUTO_TEST_CASE(a_target_that_dies_meanwhile_leaves_the_slot_with_its_owner) {
  auto& a = add("a");
  settle(0ms);
  a.hosts->lets_go = false;
  add("b");
  pass(2s);
  kill("b");
  pass(1s);
  a.hosts->lets_go = true;
  let_go("a");
  settle(15s);
  BOOST_TEST(a.slots() == 256u);
}

BOOST_AUTO_TEST_CASE(any_node_drains_any_other_and_lets_it_take_slots_again) {
  add("alpha"), add("beta"), add("gamma");
  settle(10s);
  auto drained =
    ok(ask<node_drained>(nodes["beta"]->membership, admin, node_to_drain{"gam", false}));
  BOOST_TEST(drained.node == "gamma");
  BOOST_TEST(drained.state == "draining");
  BOOST_TEST(drained.slots > 80);
  BOOST_TEST(settle(5s).count() <= 5000);
  BOOST_TEST(nodes["gamma"]->slots() == 0u);
  BOOST_TEST(state_of("gamma", "alpha") == "draining");
  BOOST_TEST(
    ok(ask<node_drained>(nodes["alpha"]->membership, admin, node_to_drain{"gamma", true})).state ==
    "alive");
  pass(1s);
  settle(10s);
  BOOST_TEST(nodes["gamma"]->slots() > 80u);
}

BOOST_AUTO_TEST_CASE(who_is_to_drain_must_be_named_without_doubt) {
  add("n1"), add("n2");
  settle(10s);
  auto& a = nodes["n1"]->membership;
  auto several = ask<node_drained>(a, admin, node_to_drain{"n", false});
  BOOST_TEST(failure_of(several) == ec::bad_request);
  BOOST_TEST(several.error().detail.find("n1, n2") != std::string::npos);
  BOOST_TEST(failure_of(ask<node_drained>(a, admin, node_to_drain{"x", false})) == ec::not_found);
}

BOOST_AUTO_TEST_CASE(a_node_that_is_to_stop_hands_everything_over_and_leaves) {
  add("a"), add("b"), add("c");
  settle(10s);
  auto& a = *nodes["a"]; // The leader, of all.
  auto stopped = ask_later<done>(a.membership, atom::stop_v, int64_t{5000});
  pass(3s);
  BOOST_TEST(stopped.is_there());
  a.is_dead = true;
  BOOST_TEST(settle(2s).count() <= 2000);
  BOOST_TEST(a.slots() == 0u);
  BOOST_TEST(a.hosts->alive.empty());
  auto view = stored();
  BOOST_TEST((view.find("a")->state == schedule::member_state::gone));
  BOOST_TEST(view.leader.holder == "b");
  BOOST_TEST(log.count("node-gone") == 0u);
}

BOOST_AUTO_TEST_CASE(a_node_that_cannot_hand_over_leaves_when_its_time_is_up) {
  add("a"), add("b");
  settle(10s);
  auto& b = *nodes["b"];
  b.hosts->lets_go = false;
  auto stopped = ask_later<done>(b.membership, atom::stop_v, int64_t{2000});
  pass(1900ms);
  BOOST_TEST(!stopped.is_there());
  pass(500ms);
  BOOST_TEST(stopped.is_there());
  b.is_dead = true;
  BOOST_TEST(settle(2s).count() <= 2000);
  BOOST_TEST(nodes["a"]->slots() == 256u);
}

BOOST_AUTO_TEST_CASE(the_last_node_stops_at_once) {
  auto& a = add("a");
  settle(0ms);
  ok(ask<done>(a.membership, atom::stop_v, int64_t{5000}));
  BOOST_TEST(a.slots() == 0u);
  pass(10s);
  BOOST_TEST((stored().find("a")->state == schedule::member_state::gone));
}

BOOST_AUTO_TEST_CASE(regions_look_at_the_store_when_rules_or_hosts_changed_elsewhere) {
  auto& a = add("a");
  pass(5s);
  BOOST_TEST(a.hosts->looks == 0);
  ok(storage::meta_repository{db()}.bump("rules"));
  pass(1s);
  BOOST_TEST(a.hosts->looks == 1);
  ok(storage::meta_repository{db()}.bump("hosts"));
  pass(1s);
  BOOST_TEST(a.hosts->looks == 2);
  ok(storage::meta_repository{db()}.bump("sessions"));
  pass(5s);
  BOOST_TEST(a.hosts->looks == 2);
}

BOOST_AUTO_TEST_CASE(users_see_nodes_and_slots) {
  add("a"), add("b");
  settle(10s);
  pass(10s);
  nodes["a"]->services->pulses->set_mailboxes("b", 42);
  auto seen = seen_by("a");
  BOOST_REQUIRE(seen.nodes.size() == 2u);
  const auto& b = seen.nodes[1];
  BOOST_TEST(b.node == "b");
  BOOST_TEST(b.state == "alive");
  BOOST_TEST(b.address == "b:7000");
  BOOST_TEST(b.http == "http://b:8000");
  BOOST_TEST(b.version == "1.2.3");
  BOOST_TEST(b.slots == 128);
  BOOST_TEST(b.mailboxes == 42);
  BOOST_TEST(b.lease_age <= 2);
  BOOST_TEST(!b.is_leader);
  BOOST_TEST(seen.nodes[0].is_leader);
  BOOST_TEST(seen.leader_epoch == static_cast<int64_t>(stored().leader.epoch));
  auto slots = ok(ask<cluster_slots>(nodes["b"]->membership, admin, cluster_slots_query{}));
  BOOST_TEST(slots.slots.size() == 256u);
  BOOST_TEST(slots.map_version == stored().map_version);
  BOOST_TEST(slots.slots[7].node == stored().slots[7].node);
}

BOOST_AUTO_TEST_CASE(of_a_node_that_is_gone_nothing_is_counted) {
  add("a"), add("b");
  settle(10s);
  nodes["a"]->services->pulses->set_mailboxes("b", 42);
  ok(db().run("update node set hosts = 7, jobs = 3 where id = 'b'"));
  kill("b");
  settle(3s);
  const auto b = seen_by("a").nodes[1];
  BOOST_TEST(b.state == "gone");
  BOOST_TEST(stored().find("b")->hosts == 7);
  BOOST_TEST(b.hosts == 0);
  BOOST_TEST(b.jobs == 0);
  BOOST_TEST(b.slots == 0);
  BOOST_TEST(b.mailboxes == 0);
}

BOOST_AUTO_TEST_CASE(a_peer_that_is_heard_is_not_suspect_because_the_store_is_slow_for_it) {
  add("a"), add("b");
  settle(10s);
  nodes["a"]->services->pulses->set_mailboxes("b", 0); // Its link is up.
  nodes["b"]->way->is_down = true;
  pass(3s);
  BOOST_TEST(state_of("b", "a") == "alive");
  nodes["a"]->services->pulses->forget("b");
  BOOST_TEST(state_of("b", "a") == "suspect");
  nodes["a"]->services->pulses->set_mailboxes("b", 0);
  pass(2s);
  BOOST_TEST(state_of("b", "a") != "alive"); // Its lease is about to end.
}

BOOST_AUTO_TEST_CASE(a_clock_follows_that_of_the_store) {
  auto& a = add("a");
  time.set_wall(time.wall_ms() + 300'000); // The store's machine, not this node's ticks.
  pass(3s);
  BOOST_TEST(std::abs(a.services->clock->now_ms() - time.wall_ms()) < 10);
}

BOOST_AUTO_TEST_CASE(figures_tell_who_leads_how_old_the_lease_is_and_how_long_takeovers_took) {
  auto has = [](const std::string& line) {
    return ("\n" + metrics::metrics_text()).find("\n" + line + "\n") != std::string::npos;
  };
  auto& a = add("a");
  BOOST_TEST(has("aops_cluster_is_leader 1"));
  BOOST_TEST(has("aops_cluster_slots 256"));
  a.way->is_down = true;
  pass(7s);
  BOOST_TEST(metrics::metrics_text().find("aops_cluster_lease_age_seconds 7") != std::string::npos);
  BOOST_TEST(metrics::metrics_text().find("aops_cluster_takeover_seconds_count") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_store_of_one_node_shows_one_node_and_runs_nothing) {
  ok(storage::meta_repository{db()}.adopt_all_slots("a"));
  auto& a = add("a", true);
  ok(ask<void>(a.membership, atom::ping_v));
  pass(10s);
  auto seen = seen_by("a");
  BOOST_REQUIRE(seen.nodes.size() == 1u);
  BOOST_TEST(seen.nodes[0].is_leader);
  BOOST_TEST(seen.nodes[0].state == "alive");
  BOOST_TEST(seen.nodes[0].address == "-");
  BOOST_TEST(seen.nodes[0].slots == 256);
  BOOST_TEST(seen.leader_epoch == 1);
  BOOST_TEST(stored().members.empty());
  BOOST_TEST(a.services->map->owner_of(255) == "a");
  BOOST_TEST(a.services->this_node->is_sure(time.steady_ms()));
  ok(ask<done>(a.membership, atom::stop_v, int64_t{5000}));
  BOOST_TEST(failure_of(ask<node_drained>(a.membership, admin, node_to_drain{"a", false})) ==
             ec::bad_request);
}

BOOST_AUTO_TEST_CASE(a_release_that_speaks_another_protocol_is_told_so_before_it_starts) {
  add("a");
  auto other = ok(nodes["a"]->services->pool->connect());
  ok(check_can_join(*other, "b"));
  ok(other->run("update node set protocol = 2"));
  ok(check_can_join(*other, "a")); // Its own row is of the past.
  auto refused = check_can_join(*other, "b");
  BOOST_TEST(failure_of(refused) == ec::conflict);
  BOOST_TEST(refused.error().detail.find("protocol 2") != std::string::npos);
  silence("a");
  pass(10s);
  ok(check_can_join(*other, "b")); // Nobody lives.
}

BOOST_AUTO_TEST_CASE(all_nodes_that_live_have_the_same_lease) {
  add("a");
  auto other = ok(nodes["a"]->services->pool->connect());
  ok(check_lease(*other, "a", base::milliseconds(5'000)));
  ok(check_lease(*other, "b", base::milliseconds(5'000)));
  auto refused = check_lease(*other, "b", base::milliseconds(10'000));
  BOOST_TEST(failure_of(refused) == ec::conflict);
  BOOST_TEST(refused.error().detail.find("10000 ms") != std::string::npos);
  BOOST_TEST(refused.error().detail.find("5000 ms") != std::string::npos);
  ok(check_lease(
    *other, "a", base::milliseconds(10'000))); // It starts again, alone: it may change it.
  BOOST_TEST(failure_of(check_lease(*other, "b", base::milliseconds(5'000))) == ec::conflict);
  silence("a");
  pass(10s);
  ok(check_lease(*other, "b", base::milliseconds(5'000))); // Nobody lives.
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
