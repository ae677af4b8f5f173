#include "runtime/core/schedule/node_memory.hpp"

#include <algorithm>

namespace aops::schedule {

cluster_timing cluster_timing::of(int64_t lease_ms, int64_t renew_ms) {
  cluster_timing t;
  t.lease_ms = t.calm_ms = t.evidence_ms = lease_ms;
  t.renew_ms = renew_ms;
  t.calm_gap_ms = 2 * renew_ms;
  t.stand_back_ms = lease_ms / 10;
  t.queue_ms = renew_ms / 4;
  return t;
}

void node_memory::left() {
  incarnation = 0;
  renewed_at_ms = never;
  led_epoch = 0;
}

void node_memory::joined(int64_t new_incarnation) {
  incarnation = new_incarnation;
  renewed_at_ms = seen_ms = calm_since_ms = never;
  led_epoch = 0;
  std::fill(epochs.begin(), epochs.end(), 0);
  std::fill(phases.begin(), phases.end(), slot_phase::at_work);
}

void node_memory::renewed(const cluster_view& view,
                          const cluster_timing& timing,
                          int64_t started_ms) {
  auto* row = view.find(node);
  if (!row || row->incarnation != incarnation || row->state == member_state::gone)
    return;
  // The store's clock may jump when another server takes over: that is no calm either.
  if (view.now_ms < seen_ms || view.now_ms - seen_ms > timing.calm_gap_ms)
    calm_since_ms = view.now_ms;
  seen_ms = view.now_ms;
  renewed_at_ms = std::max(renewed_at_ms, started_ms);
  if (view.leader.holder != node || view.leader.epoch != led_epoch)
    led_epoch = 0;
  epochs.resize(view.slots.size());
  phases.resize(view.slots.size());
  std::erase_if(met, [&](auto& x) {
    auto* peer = view.find(x.node);
    return peer && peer->state == member_state::gone && peer->incarnation >= x.incarnation;
  });
}

void node_memory::apply(const drop_slots& x) {
  for (auto slot : x.slots) {
    epochs[slot] = 0;
    phases[slot] = slot_phase::at_work;
  }
}

void node_memory::apply(const adopt_slots& x) {
  for (auto& [slot, epoch] : x.slots) {
    epochs[slot] = epoch;
    phases[slot] = slot_phase::at_work;
  }
}

void node_memory::apply(const release_slots& x) {
  for (auto& [slot, epoch] : x.slots)
    if (epochs[slot] == epoch)
      phases[slot] = slot_phase::ending;
}

void node_memory::apply(const keep_slots& x) {
  for (auto& [slot, epoch] : x.slots)
    if (epochs[slot] == epoch)
      phases[slot] = slot_phase::at_work;
}

void node_memory::released(const std::vector<held_slot>& slots) {
  for (auto& [slot, epoch] : slots)
    if (epochs[slot] == epoch && phases[slot] == slot_phase::ending)
      phases[slot] = slot_phase::ended;
}

void node_memory::suspect(evidence x, const cluster_timing& timing) {
  auto it = std::find_if(
    evidences.begin(), evidences.end(), [&](auto& known) { return known.node == x.node; });
  if (it == evidences.end())
    evidences.push_back(std::move(x));
  else if (x.is_strong || !it->is_strong || it->incarnation != x.incarnation ||
           x.seen_ms - it->seen_ms > timing.evidence_ms)
    *it = std::move(x);
}

void node_memory::trust(const std::string& peer) {
  std::erase_if(evidences, [&](auto& x) { return x.node == peer; });
}

void node_memory::meet(const std::string& peer, int64_t peer_incarnation) {
  trust(peer);
  std::erase_if(met, [&](auto& x) { return x.node == peer; });
  met.push_back({peer, peer_incarnation});
}

bool node_memory::has_met(const member& peer) const {
  return std::any_of(met.begin(), met.end(), [&](auto& x) {
    return x.node == peer.node && x.incarnation == peer.incarnation;
  });
}

} // namespace aops::schedule
