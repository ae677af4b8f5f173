#include "actors/cluster/membership_body.hpp"
#include "actors/support/ask.hpp"
#include "messages/names.hpp"
#include "messages/roles/region.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

using namespace schedule;
using storage::cluster_change;

/// Beyond the deadline that regions are told, for their answer to arrive.
constexpr std::chrono::milliseconds answer_grace{250};

/// Slots that are to be let go of, and how many have not done so yet: the regions, and who asks
/// them.
struct open_release {
  std::vector<held_slot> slots;
  size_t left = 0;
};

void on_released(membership_pointer self, open_release& x) {
  if (--x.left > 0)
    return;
  self->state.memory.released(x.slots);
  round_soon(self);
}

void ask_to_release(membership_pointer self,
                    const std::string& name,
                    const slots_to_release& what,
                    const std::shared_ptr<open_release>& round) {
  const auto& services = *self->state.services;
  auto then = [self, round, region = name](const expected<done>& released) {
    if (!released)
      log::warn("slots-not-released",
                "{} did not let go of its slots in order, they are handed over anyway: {}",
                region,
                to_string(released.error()));
    on_released(self, *round);
  };
  auto deadline = services.config->cluster.hand_over.chrono() + answer_grace;
  ask<region_actor>(self, *services.names, name, deadline, then, what);
}

/// What `decide` wants, done one after the other.
struct actor_of_actions {
  membership_pointer self;
  membership_state& st = self->state;
  bool is_again = false;
  std::vector<cluster_change> changes = {}; ///< Of the leader, in one transaction at the end.

  void operator()(const join_again&) {
    settle();
    log::warn("node-fenced",
              "node {} was counted as gone; it dropped all slots and joins again",
              my_id(st));
    st.memory.incarnation = 0;
    is_again = true;
  }

  void operator()(const step_aside& x) {
    settle();
    if (!std::exchange(st.is_outside, true))
      log::error("node-replaced",
                 "another process joined under the id {} as incarnation {}; two nodes must not "
                 "share or copy a data directory",
                 my_id(st),
                 x.incarnation);
    st.memory.incarnation = 0;
  }

  void operator()(const stay_outside& x) {
    if (!std::exchange(st.is_outside, true))
      log::error("node-outside",
                 "the cluster speaks protocol {}, this release {}: run the same one on all nodes",
                 x.protocol,
                 cluster_protocol);
  }

  void operator()(const drop_slots& x) {
    for (auto slot : x.slots) {
      st.services->ownership->set(slot, 0);
      st.lost.push_back(slot);
    }
    st.memory.apply(x);
  }

  void operator()(const adopt_slots& x) {
    for (const auto& [slot, epoch] : x.slots) {
      st.services->ownership->set(slot, epoch);
      st.gained.push_back(slot);
    }
    st.memory.apply(x);
    note_takeovers(self, x.slots);
  }

  void operator()(const release_slots& x) {
    settle();
    st.memory.apply(x);
    slots_to_release what;
    for (const auto& held : x.slots)
      what.slots.push_back(held.slot);
    what.deadline_ms = st.services->clock->now_ms() + st.services->config->cluster.hand_over.ms;
    const auto& regions = st.services->regions;
    auto round = std::make_shared<open_release>(open_release{x.slots, regions.size() + 1});
    for (const auto& region : regions)
      ask_to_release(self, region.name, what, round);
    on_released(self, *round);
  }

  void operator()(const hand_over_slots& x) {
    settle();
    std::vector<fence> held;
    for (const auto& move : x.slots)
      held.push_back({move.slot, move.epoch});
    took(st.store->run([&](auto& cluster) { return cluster.hand_over(my_id(st), held); }),
         "hand-over");
  }

  void operator()(const keep_slots& x) {
    // Their entities have ended: for the regions they come anew, under the epoch they had.
    for (const auto& held : x.slots)
      st.gained.push_back(held.slot);
    st.memory.apply(x);
  }

  void operator()(const take_leadership& x) {
    settle();
    auto epoch = st.store->run([&](auto& cluster) {
      return cluster.take_leadership(
        my_id(st), st.memory.incarnation, x.expected_epoch, st.timing.lease_ms);
    });
    if (!epoch)
      return log::warn("leader-not-taken", "{}", to_string(epoch.error()));
    is_again = true; // Whoever leads: the view is old.
    if (!*epoch)
      return;
    st.memory.took_leadership(**epoch);
    log::info("leader-taken",
              "node {} leads the cluster from now on, epoch {}; before: {}",
              my_id(st),
              **epoch,
              st.view->leader.holder.empty() ? "nobody" : st.view->leader.holder);
  }

  void operator()(const declare_gone& x) {
    cluster_change c;
    c.what = cluster_change::kind::declare_gone;
    c.node = x.node;
    c.incarnation = x.incarnation;
    c.only_if_expired = x.only_if_expired;
    changes.push_back(std::move(c));
  }

  void operator()(const assign_slots& x) { add(cluster_change::kind::assign, x.slots); }
  void operator()(const set_targets& x) { add(cluster_change::kind::set_target, x.slots); }

  void add(cluster_change::kind what, const std::vector<slot_move>& moves) {
    for (const auto& move : moves) {
      cluster_change c;
      c.what = what;
      c.node = move.to;
      c.slot = move.slot;
      c.epoch = move.epoch;
      changes.push_back(std::move(c));
    }
  }

  /// The node and its regions see what was dropped and adopted before the store hears more.
  void settle() {
    if (!st.gained.empty() || !st.lost.empty())
      publish(self);
  }

  void took(const expected<std::vector<bool>>& each, std::string_view what) {
    if (!each)
      return log::warn("cluster-not-changed", "{}: {}", what, to_string(each.error()));
    static auto moves = metrics::counter_of("aops_cluster_slot_moves_total",
                                            "Changes of slots that this node wrote.");
    auto count = std::count(each->begin(), each->end(), true);
    if (count == 0)
      return;
    moves.add(static_cast<double>(count));
    is_again = true;
    tell_peers(self);
  }

  void lead() {
    if (changes.empty())
      return;
    settle();
    auto each = st.store->run(
      [&](auto& cluster) { return cluster.apply(my_id(st), st.memory.led_epoch, changes); });
    for (size_t i = 0; each && i < changes.size(); ++i)
      if ((*each)[i] && changes[i].what == cluster_change::kind::declare_gone)
        log::warn("node-gone",
                  "node {} is gone: {}",
                  changes[i].node,
                  changes[i].only_if_expired ? "its lease has expired"
                                             : "its link broke and its port refuses connections");
    took(each, "leader");
  }
};

} // namespace

bool carry_out(membership_pointer self, const std::vector<cluster_action>& actions) {
  actor_of_actions todo{self};
  for (const auto& action : actions)
    std::visit(todo, action);
  todo.lead();
  return todo.is_again;
}

void drop_everything(membership_pointer self) {
  auto& st = self->state;
  for (uint16_t slot = 0; slot < slot_count; ++slot)
    if (st.services->ownership->owns(slot)) {
      st.services->ownership->set(slot, 0);
      st.lost.push_back(slot);
    }
  publish(self);
}

} // namespace aops::actors
