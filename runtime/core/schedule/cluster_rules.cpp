#include "runtime/core/schedule/cluster_rules.hpp"

#include <algorithm>

namespace aops::schedule {

namespace {

/// In the queue of those who may lead.
constexpr int64_t last_place = 8;

/// One call of `decide`.
struct decider {
  const cluster_view& view;
  const node_memory& me;
  const cluster_timing& timing;
  int64_t now_ms;
  std::vector<cluster_action> actions;

  template <class Action>
  void add(Action action) {
    if (!action.slots.empty())
      actions.emplace_back(std::move(action));
  }

  // -- what is believed of peers

  bool is_expired(const member& x) const { return x.until_ms <= view.now_ms; }

  /// Whether the store could be reached long enough for everybody who lives to have renewed.
  bool is_calm(int64_t for_ms) const { return view.now_ms - me.calm_since_ms >= for_ms; }

  const evidence* find_evidence(const member& x) const {
    for (auto& e : me.evidences)
      if (e.node == x.node && e.incarnation == x.incarnation)
        return &e;
    return nullptr;
  }

  const evidence* find_strong(const member& x) const {
    auto* e = find_evidence(x);
    if (!e || !e->is_strong || now_ms - e->seen_ms > timing.evidence_ms)
      return nullptr;
    // A renewal well after it refutes it; one that was under way at death does not.
    auto renewed_ms = x.until_ms - timing.lease_ms;
    auto seen_ms = view.now_ms + (e->seen_ms - me.renewed_at_ms);
    return renewed_ms > seen_ms + timing.renew_ms / 2 ? nullptr : e;
  }

  /// Not to be given anything. One that was never met may be a stranger who knows the store's
  /// password but not the cluster's authority: nobody could reach what lived there.
  bool is_doubtful(const member& x) const {
    return is_expired(x) || find_evidence(x) || !me.has_met(x);
  }

  bool is_dead(const member& x) const {
    if (x.state == member_state::gone)
      return true;
    if (x.node == me.node)
      return false; // Whoever decides lives.
    return find_strong(x) || (is_expired(x) && is_calm(timing.calm_ms));
  }

  // -- the node itself

  /// Whether it is no member any more, or shall not be one.
  bool is_out() {
    auto* row = view.find(me.node);
    if (me.incarnation != 0 && row && row->incarnation > me.incarnation &&
        row->state != member_state::gone) {
      drop_all();
      actions.emplace_back(step_aside{row->incarnation});
      return true;
    }
    if (me.incarnation == 0 || !row || row->state == member_state::gone ||
        row->incarnation != me.incarnation) {
      drop_all();
      actions.emplace_back(join_again{});
      return true;
    }
    return false;
  }

  void drop_all() {
    drop_slots all;
    for (uint16_t slot = 0; slot < me.epochs.size(); ++slot)
      if (me.epochs[slot] != 0)
        all.slots.push_back(slot);
    add(std::move(all));
  }

  void follow_map() {
    drop_slots lost;
    adopt_slots gained;
    for (uint16_t slot = 0; slot < me.epochs.size(); ++slot) {
      auto epoch = view.slots[slot].node == me.node ? view.slots[slot].epoch : 0;
      if (me.epochs[slot] == epoch)
        continue;
      if (me.epochs[slot] != 0)
        lost.slots.push_back(slot);
      if (epoch != 0)
        gained.slots.push_back({slot, epoch});
    }
    add(std::move(lost));
    add(std::move(gained));
  }

  void hand_over() {
    release_slots begin;
    hand_over_slots end;
    keep_slots keep;
    for (uint16_t slot = 0; slot < me.epochs.size(); ++slot) {
      auto& x = view.slots[slot];
      if (x.node != me.node || x.epoch != me.epochs[slot])
        continue;
      bool is_wanted = !x.target.empty() && x.target != me.node;
      const bool is_held = slot < me.held.size() && me.held[slot];
      if (is_wanted && !is_held && me.phases[slot] == slot_phase::at_work)
        begin.slots.push_back({slot, x.epoch});
      else if (is_wanted && me.phases[slot] == slot_phase::ended)
        end.slots.push_back({slot, x.epoch, x.target});
      else if (!is_wanted && me.phases[slot] == slot_phase::ended)
        keep.slots.push_back({slot, x.epoch});
    }
    add(std::move(begin));
    add(std::move(end));
    add(std::move(keep));
  }

  // -- who leads

  /// Its place in the queue of those who may lead: those who stay before those who leave, by id.
  /// Whoever has a link to nobody, though others live, stands last: he could give work to nobody.
  int64_t place_in_queue(const member& self) const {
    int64_t place = 0;
    bool has_peers = false, is_linked = false;
    for (auto& x : view.members) {
      if (x.node == me.node || x.node == view.leader.holder || x.protocol != me.protocol ||
          is_expired(x) || is_dead(x))
        continue;
      has_peers = true;
      if (!me.has_met(x))
        continue;
      is_linked = true;
      auto before = x.state == self.state ? x.node < self.node : x.state < self.state;
      place += before;
    }
    return has_peers && !is_linked ? last_place : std::min(place, last_place);
  }

  /// Since when the lease could be taken, in ms before now; negative: it cannot.
  int64_t leaderless_ms() const {
    auto& lease = view.leader;
    auto* holder = view.find(lease.holder);
    // An earlier incarnation of this very node held it.
    if (lease.holder == me.node)
      return timing.queue_ms * (last_place + 1);
    auto expired_ms = view.now_ms - lease.until_ms;
    if (!holder || holder->state == member_state::gone)
      return std::max<int64_t>(expired_ms, 0);
    if (auto* e = find_strong(*holder))
      return std::max(now_ms - e->seen_ms, expired_ms);
    // After an outage the old leader is given time to renew.
    return is_calm(2 * timing.renew_ms) ? expired_ms : -1;
  }

  void contend(const member& self) {
    if (leaderless_ms() >= place_in_queue(self) * timing.queue_ms)
      actions.emplace_back(take_leadership{view.leader.epoch});
  }

  // -- what the leader does

  placement_role role_of(const member& x) const {
    if (x.state == member_state::draining || x.protocol != me.protocol)
      return placement_role::leaver;
    if (x.node == me.node)
      return placement_role::receiver;
    return is_doubtful(x) ? placement_role::keeper : placement_role::receiver;
  }

  void lead() {
    std::vector<placed_node> nodes;
    for (auto& x : view.members) {
      if (!is_dead(x)) {
        nodes.push_back({x.node, role_of(x)});
      } else if (x.state != member_state::gone) {
        actions.emplace_back(declare_gone{x.node, x.incarnation, find_strong(x) == nullptr});
      }
    }
    auto plan = plan_placement(view.slots, nodes, timing.most_moves);
    add(assign_slots{std::move(plan.assigned)});
    add(set_targets{std::move(plan.targeted)});
  }

  void run() {
    if (me.incarnation != 0 && me.seen_ms == node_memory::never)
      return; // It joined after this view.
    if (is_out())
      return;
    auto& self = *view.find(me.node);
    auto protocol = protocol_of(view);
    if (protocol != me.protocol)
      actions.emplace_back(stay_outside{protocol});
    follow_map();
    hand_over();
    if (protocol != me.protocol)
      return;
    if (leads(view, me))
      lead();
    else
      contend(self);
  }
};

} // namespace

std::vector<cluster_action> decide(const cluster_view& view,
                                   const node_memory& me,
                                   const cluster_timing& timing,
                                   int64_t now_ms) {
  decider d{view, me, timing, now_ms, {}};
  d.run();
  return std::move(d.actions);
}

int64_t sure_until_ms(const node_memory& me, const cluster_timing& timing) {
  return me.incarnation == 0 ? node_memory::never
                             : me.renewed_at_ms + timing.lease_ms - timing.stand_back_ms;
}

bool is_sure(const node_memory& me, const cluster_timing& timing, int64_t now_ms) {
  return now_ms < sure_until_ms(me, timing);
}

bool leads(const cluster_view& view, const node_memory& me) {
  return me.led_epoch != 0 && view.leader.holder == me.node && view.leader.epoch == me.led_epoch;
}

bool is_drained(const cluster_view& view, const node_memory& me) {
  auto owns =
    std::any_of(view.slots.begin(), view.slots.end(), [&](auto& x) { return x.node == me.node; });
  auto takes = [&](const member& x) {
    return x.node != me.node && x.state == member_state::alive && x.protocol == me.protocol &&
           x.until_ms > view.now_ms;
  };
  return !owns || std::none_of(view.members.begin(), view.members.end(), takes);
}

int64_t protocol_of(const cluster_view& view) {
  auto lives = [&](const member& x) {
    return x.state != member_state::gone && x.until_ms > view.now_ms;
  };
  auto* leader = view.find(view.leader.holder);
  if (leader && lives(*leader))
    return leader->protocol;
  const member* oldest = nullptr;
  for (auto& x : view.members)
    if (lives(x) && (!oldest || x.started_ms < oldest->started_ms))
      oldest = &x;
  return oldest ? oldest->protocol : 0;
}

peer_health health_of(const cluster_view& view,
                      const node_memory& me,
                      const cluster_timing& timing,
                      const member& peer,
                      int64_t now_ms) {
  if (peer.state == member_state::gone)
    return peer_health::gone;
  decider d{view, me, timing, now_ms, {}};
  if (peer.node != me.node && d.is_doubtful(peer))
    return peer_health::suspect;
  return peer.state == member_state::draining ? peer_health::draining : peer_health::alive;
}

} // namespace aops::schedule
