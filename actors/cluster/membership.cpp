#include "actors/cluster/membership.hpp"

#include "actors/cluster/membership_body.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

using schedule::cluster_view;

/// First pause after a failed renewal; doubles up to `cluster.renew`.
constexpr int64_t first_back_off_ms = 100;

/// How often hosts and jobs are counted; for people.
constexpr int64_t count_every_ms = 5'000;

/// A reading of the clock that took longer says too little.
constexpr int64_t longest_reading_ms = 200;

void round_after(membership_pointer self, int64_t delay_ms) {
  auto& st = self->state;
  self->delayed_send(self, std::chrono::milliseconds{delay_ms}, membership_timer{++st.timer});
}

int64_t next_delay_ms(const membership_state& st) {
  if (st.failures > 0)
    return std::min(st.timing.renew_ms, first_back_off_ms << std::min<int64_t>(st.failures - 1, 8));
  // Whoever waits for his turn to lead, or for a peer to be proven dead, looks more often.
  if (!st.doubts.empty() || st.ending)
    return std::min(st.timing.renew_ms, st.timing.queue_ms);
  return st.timing.renew_ms;
}

void on_failure(membership_state& st, const error& why) {
  st.services->health->impaired("store", to_string(why));
  if (st.failures++ == 0)
    log::warn("lease-unsure",
              "node {} cannot renew its lease, goes on with what it has and tries again: {}",
              my_id(st),
              to_string(why));
}

void on_success(membership_state& st) {
  st.services->health->recovered("store");
  if (std::exchange(st.failures, 0) > 0)
    log::info("lease-renewed", "node {} renews its lease again", my_id(st));
}

/// @returns Whether it is a member now.
bool join(membership_pointer self) {
  auto& st = self->state;
  const auto& me = *st.services->this_node;
  storage::joining_node x;
  x.node = me.id();
  x.address = me.address();
  x.http = me.http();
  x.version = me.version();
  x.protocol = cluster_protocol;
  x.lease_ms = st.timing.lease_ms;
  x.previous = st.is_join_unknown ? 0 : me.incarnation();
  auto joined = st.store->run([&](auto& cluster) { return cluster.join(x); });
  if (!joined && joined.error() == ec::conflict) {
    if (!std::exchange(st.is_outside, true))
      log::error("node-replaced", "{}", joined.error().detail);
    return false;
  }
  // An answer that got lost may have been a yes: the next attempt must not take itself for another.
  st.is_join_unknown = !joined && joined.error() == ec::store_unreachable;
  if (!joined) {
    on_failure(st, joined.error());
    return false;
  }
  st.is_outside = false;
  st.memory.joined(*joined);
  st.services->this_node->set_incarnation(*joined);
  log::info("node-joined", "node {} joins the cluster, incarnation {}", x.node, *joined);
  return true;
}

void count_load(membership_state& st) {
  if (steady_ms(st) < st.load_read_ms + count_every_ms)
    return;
  st.load_read_ms = steady_ms(st);
  if (auto load = st.store->run([&](auto& cluster) { return cluster.load_of(my_id(st)); }))
    st.load = *load;
}

storage::renewal_request request_of(const membership_state& st) {
  storage::renewal_request x;
  x.node = my_id(st);
  x.incarnation = st.memory.incarnation;
  x.address = st.services->this_node->address();
  x.http = st.services->this_node->http();
  x.lease_ms = st.timing.lease_ms;
  x.leader_epoch = st.memory.led_epoch;
  x.map_version = st.view ? st.view->map_version : 0;
  x.hosts = st.load.hosts;
  x.jobs = st.load.jobs;
  return x;
}

/// The store read its clock between the two moments.
void follow_clock(membership_state& st, int64_t store_ms, int64_t started_ms) {
  auto took = steady_ms(st) - started_ms;
  if (took <= longest_reading_ms)
    st.services->clock->follow(store_ms + took / 2);
}

/// Another incarnation of this node is in the store, or it is gone: the view tells which.
bool read_fenced(membership_state& st) {
  static auto fenced =
    metrics::counter_of("aops_cluster_fenced_renewals_total", "Renewals refused by the store.");
  fenced.add();
  auto view = st.store->run([](auto& cluster) { return cluster.read(); });
  if (!view) {
    on_failure(st, view.error());
    return false;
  }
  st.view = std::make_shared<cluster_view>(std::move(*view));
  return true;
}

bool renew(membership_pointer self) {
  auto& st = self->state;
  auto started = steady_ms(st);
  auto renewed = st.store->run([&](auto& cluster) { return cluster.renew(request_of(st)); });
  if (!renewed && renewed.error() == ec::fenced)
    return read_fenced(st);
  if (!renewed) {
    on_failure(st, renewed.error());
    return false;
  }
  on_success(st);
  if (!renewed->has_slots && st.view)
    renewed->view.slots = st.view->slots;
  follow_clock(st, renewed->view.now_ms, started);
  st.memory.renewed(renewed->view, st.timing, started);
  st.view = std::make_shared<cluster_view>(std::move(renewed->view));
  st.services->this_node->set_sure_until(schedule::sure_until_ms(st.memory, st.timing));
  st.services->this_node->set_renewed(started);
  note_versions(self, renewed->now);
  return true;
}

/// Slots that are wanted elsewhere get no further holds; those that have some stay until these are
/// let go of.
void note_holds(membership_state& st) {
  auto& holds = *st.services->holds;
  auto& held = st.memory.held;
  held.assign(st.view->slots.size(), false);
  for (uint16_t slot = 0; slot < held.size(); ++slot) {
    const auto& x = st.view->slots[slot];
    const bool is_wanted = x.node == my_id(st) && !x.target.empty() && x.target != my_id(st);
    if (is_wanted)
      held[slot] = !holds.want(slot);
    else
      holds.keep(slot);
  }
}

void answer_pings(membership_state& st) {
  for (const auto& x : std::exchange(st.pings, {}))
    x.answer({});
}

} // namespace

void round_soon(membership_pointer self) {
  auto& st = self->state;
  if (!std::exchange(st.is_round_due, true))
    self->send(self, membership_timer{++st.timer});
}

void run_round(membership_pointer self) {
  auto& st = self->state;
  st.is_round_due = false;
  if (st.has_left)
    return;
  bool is_ready = st.memory.incarnation != 0 || (!st.ending && join(self));
  bool is_again = false;
  if (is_ready && renew(self)) {
    renew_doubts(self);
    note_holds(st);
    is_again = carry_out(self, schedule::decide(*st.view, st.memory, st.timing, steady_ms(st)));
    publish(self);
    end_doubts(st);
    if (st.memory.incarnation != 0)
      answer_pings(st);
    count_load(st);
  }
  go_on_leaving(self);
  if (st.has_left)
    return;
  if (is_again)
    round_soon(self);
  else if (!st.is_round_due)
    round_after(self, next_delay_ms(st));
}

full_membership_actor::behavior_type membership(membership_pointer self,
                                                cluster_services_ptr services) {
  prepare(self);
  auto& st = self->state;
  st.services = std::move(services);
  const auto& c = st.services->config->cluster;
  st.timing = schedule::cluster_timing::of(c.lease.ms, c.renew.ms);
  st.timing.most_moves = static_cast<size_t>(c.most_moves);
  st.memory.node = my_id(st);
  st.memory.protocol = cluster_protocol;
  if (st.services->single) {
    if (auto shown = show_single(self); !shown)
      log::warn("cluster-not-shown", "{}", to_string(shown.error()));
  } else {
    st.store = std::make_unique<cluster_store>(st.services->pool, *st.services->time);
    keep_figures(st);
    drop_everything(self); // What a predecessor that crashed left.
    round_soon(self);
  }
  return {
    [self](const membership_timer& x) {
      if (x.number == self->state.timer)
        run_round(self);
    },
    [self](const probe_ended& x) { on_probe(self, x); },
    [self](const caller&, cluster_nodes_query) { return nodes_of(self); },
    [self](const caller&, cluster_slots_query) { return slots_of(self->state); },
    [self](const caller&, const node_to_drain& x) -> caf::result<node_drained> {
      auto drained = drain(self, x);
      if (!drained)
        return to_caf(drained.error());
      return std::move(*drained);
    },
    [self](const peer_seen& x) { on_peer(self, x); },
    [self](map_changed) {
      if (!self->state.services->single)
        round_soon(self);
    },
    [self](atom::stop, int64_t patience_ms) -> caf::result<done> {
      foreign_promise<done> promise{self};
      begin_leaving(self, patience_ms, promise);
      return promise;
    },
    [self](atom::tick) {
      if (!self->state.services->single)
        round_soon(self);
    },
    [self](atom::ping) -> caf::result<void> {
      auto& st = self->state;
      foreign_promise<void> promise{self};
      if (st.services->single || (st.view && st.memory.incarnation != 0))
        promise.answer({});
      else
        st.pings.push_back(promise);
      return promise;
    },
  };
}

expected<void> check_can_join(storage::database& db, const std::string& node) {
  auto view = storage::cluster_repository{db}.read();
  if (!view)
    return fail(std::move(view.error()));
  std::string others;
  for (const auto& x : view->members)
    if (x.node != node && x.state != schedule::member_state::gone && x.until_ms > view->now_ms &&
        x.protocol != cluster_protocol)
      others += fmt::format("{}{} (release {}, protocol {})",
                            others.empty() ? "" : ", ",
                            x.node,
                            x.version,
                            x.protocol);
  if (others.empty())
    return {};
  return fail(ec::conflict,
              fmt::format("this release speaks protocol {} of the cluster, but there live {}: run "
                          "the same release on all nodes",
                          cluster_protocol,
                          others));
}

expected<void>
check_lease(storage::database& db, const std::string& node, const base::duration& lease) {
  return storage::cluster_repository{db}.agree_on_lease(node, lease.ms);
}

} // namespace aops::actors
