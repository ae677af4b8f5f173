#pragma once

#include "messages/cluster_view.hpp"
#include "runtime/core/schedule/cluster_actions.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace aops::schedule {

struct cluster_timing {
  int64_t lease_ms = 5000;     ///< How long a lease lasts, of nodes and of the leader.
  int64_t renew_ms = 1000;     ///< How often it is renewed.
  int64_t calm_gap_ms = 2000;  ///< Longest time between two renewals that is no outage.
  int64_t calm_ms = 5000;      ///< How long without outage before others' expired leases count.
  int64_t stand_back_ms = 500; ///< How long before the end of its lease a node stops acting.
  int64_t queue_ms = 250;      ///< Between those who try to take the leader's lease, in turn.
  int64_t evidence_ms = 5000;  ///< How long strong evidence is strong unless seen again.
  size_t most_moves = 32;      ///< Slots under way at once for the sake of balance.

  /// With the derived values in proportion.
  static cluster_timing of(int64_t lease_ms, int64_t renew_ms);
};

/// What speaks for the death of one incarnation of a peer.
struct evidence {
  std::string node;
  int64_t incarnation = 0;
  bool is_strong = false; ///< Its link broke and its port refuses connections; else it is silent.
  int64_t seen_ms = 0;    ///< By this node's monotonic clock; the last time.
};

/// An incarnation of a peer that this node had a link with: each proved to the other who it is.
struct met_peer {
  std::string node;
  int64_t incarnation = 0;
};

/// How far the hand-over of a slot is at its owner.
enum class slot_phase : uint8_t { at_work, ending, ended };

/// What a node remembers between renewals. Its owner tells it what happened.
struct node_memory {
  static constexpr int64_t never = std::numeric_limits<int64_t>::min() / 2;

  std::string node;
  int64_t protocol = 0;
  int64_t incarnation = 0;        ///< 0: not joined.
  int64_t renewed_at_ms = never;  ///< Monotonic: when the request of the last renewal STARTED.
  int64_t seen_ms = never;        ///< The store's clock at that renewal.
  int64_t calm_since_ms = never;  ///< Store's clock: since when it renewed without a long gap.
  uint64_t led_epoch = 0;         ///< Under which this incarnation leads; 0: it does not.
  std::vector<uint64_t> epochs;   ///< By slot, under which it works there; 0: not its own.
  std::vector<slot_phase> phases; ///< By slot.
  std::vector<bool> held; ///< By slot: what is under way there must end first. Shorter: none.
  std::vector<evidence> evidences;
  std::vector<met_peer> met; ///< Of each peer the last one.

  /// This incarnation is over: the store refused to renew it, or `join_again` is carried out. What
  /// it holds, `decide` now tells to drop. Call it before asking to join: when the answer is lost,
  /// the row shows an incarnation that is nobody else's.
  void left();
  /// The store let it join. Everything of earlier incarnations is forgotten (slots must have been
  /// dropped); evidence stays.
  void joined(int64_t new_incarnation);
  /// It renewed and read `view` in one transaction.
  /// @param started_ms Monotonic, before the request was sent.
  void renewed(const cluster_view& view, const cluster_timing& timing, int64_t started_ms);
  /// `take_leadership` succeeded. Then change `view.leader` alike, or renew, and decide again.
  void took_leadership(uint64_t epoch) { led_epoch = epoch; }

  /// The actions of the same names were begun. Of the others the next view tells.
  void apply(const drop_slots& x);
  void apply(const adopt_slots& x);
  void apply(const release_slots& x);
  void apply(const keep_slots& x);
  /// Nothing of these runs any more; those that were dropped or adopted anew meanwhile are ignored.
  void released(const std::vector<held_slot>& slots);

  /// News of a peer's trouble; replaces what was known of that node, but weak evidence does not
  /// replace strong one of the same incarnation that is not older than `evidence_ms`.
  void suspect(evidence x, const cluster_timing& timing);
  /// Nothing speaks for its death (any more).
  void trust(const std::string& peer);
  /// Its link is up (again): it is trusted, and may be given work.
  void meet(const std::string& peer, int64_t peer_incarnation);
  bool has_met(const member& peer) const;
};

} // namespace aops::schedule
