#pragma once

#include "actors/cluster/membership.hpp"

#include <string>
#include <string_view>

/// The parts of the membership, by subject. Only its own sources include this.
namespace aops::actors {

// -- membership.cpp: the loop

inline int64_t steady_ms(const membership_state& st) { return st.services->time->steady_ms(); }
inline const std::string& my_id(const membership_state& st) { return st.services->this_node->id(); }

/// The next round without delay.
void round_soon(membership_pointer self);
/// Joins if need be, renews, decides, acts.
void run_round(membership_pointer self);

// -- membership_actions.cpp: what was decided

/// @returns Whether something in the store changed, so that another round is due at once.
bool carry_out(membership_pointer self, const std::vector<schedule::cluster_action>& actions);
/// Nothing is this node's any more; tells the regions.
void drop_everything(membership_pointer self);

// -- membership_news.cpp: who is told

/// Shows the last view to the node: the map first, then regions that gained or lost, then router
/// and links when members or slots changed.
void publish(membership_pointer self);
/// Peers hear that the map changed: all of them, through their links.
void tell_peers(membership_pointer self);
/// Rules or hosts changed, by whomever: this node's regions look.
void note_versions(membership_pointer self, const storage::versions& now);
void note_takeovers(membership_pointer self, const std::vector<schedule::held_slot>& adopted);
/// Figures that grow by themselves.
void keep_figures(membership_state& st);

// -- membership_peers.cpp: evidence

void on_peer(membership_pointer self, const peer_seen& x);
void on_probe(membership_pointer self, const probe_ended& x);
/// Peers whose link is down are looked at again.
void renew_doubts(membership_pointer self);
/// Of those that are gone nothing more is to be found out.
void end_doubts(membership_state& st);

// -- membership_views.cpp: what users ask

cluster_nodes nodes_of(membership_pointer self);
/// How all members stand, as people see it: changes with time alone, too.
std::string states_of(const membership_state& st);
cluster_slots slots_of(const membership_state& st);
expected<node_drained> drain(membership_pointer self, const node_to_drain& x);
/// On a store of one node.
expected<void> show_single(membership_pointer self);

// -- membership_leaving.cpp

void begin_leaving(membership_pointer self, int64_t patience_ms, foreign_promise<done> asked);
/// Leaves when nothing is left to hand over, or the time is up.
void go_on_leaving(membership_pointer self);

} // namespace aops::actors
