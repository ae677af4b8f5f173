#include "actors/cluster/membership_body.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <limits>

namespace aops::actors {

namespace {

using schedule::member_state;
using schedule::peer_health;

/// Renewals a node may miss before it looks suspect to people: the link to it may be up, and only
/// the store be slow.
constexpr int64_t renewals_missed = 2, renewals_missed_when_linked = 4;

std::string_view name_of(peer_health x) {
  switch (x) {
  case peer_health::alive:
    return "alive";
  case peer_health::suspect:
    return "suspect";
  case peer_health::draining:
    return "draining";
  case peer_health::gone:
    break;
  }
  return "gone";
}

int64_t slots_owned(const schedule::cluster_view& view, const std::string& node) {
  return std::count_if(
    view.slots.begin(), view.slots.end(), [&](const auto& x) { return x.node == node; });
}

int64_t renewed_ms(const membership_state& st, const schedule::member& x) {
  return x.until_ms - st.timing.lease_ms;
}

std::string_view state_of(const membership_state& st, const schedule::member& x) {
  if (st.services->single)
    return name_of(peer_health::alive);
  auto health = schedule::health_of(*st.view, st.memory, st.timing, x, steady_ms(st));
  // Of others no more is known than at this node's last renewal.
  bool is_here = x.node == my_id(st);
  auto looked_ms = is_here ? st.services->clock->now_ms() : st.view->now_ms;
  auto missed = is_here || st.services->pulses->is_heard(x.node) ? renewals_missed_when_linked
                                                                 : renewals_missed;
  if (health != peer_health::gone && looked_ms - renewed_ms(st, x) > missed * st.timing.renew_ms)
    health = peer_health::suspect;
  return name_of(health);
}

cluster_node node_of(const membership_state& st, const schedule::member& x) {
  cluster_node out;
  out.node = x.node;
  out.incarnation = x.incarnation;
  out.address = x.address;
  out.http = x.http;
  out.version = x.version;
  out.is_leader = x.node == st.view->leader.holder;
  if (x.state != member_state::gone) { // What it said last holds no more.
    out.slots = slots_owned(*st.view, x.node);
    out.hosts = x.hosts;
    out.jobs = x.jobs;
    out.mailboxes = st.services->pulses->mailboxes(x.node);
  }
  out.lease_until.ms = x.until_ms;
  out.started.ms = x.started_ms;
  if (!st.services->single && x.state != member_state::gone)
    out.lease_age =
      static_cast<double>(std::max<int64_t>(0, st.services->clock->now_ms() - renewed_ms(st, x))) /
      1000;
  out.state = state_of(st, x);
  return out;
}

/// The one member that an id or its beginning names.
expected<const schedule::member*> find_member(const membership_state& st, const std::string& name) {
  std::vector<const schedule::member*> found;
  for (const auto& x : st.view->members) {
    if (x.state == member_state::gone)
      continue;
    if (x.node == name)
      return &x;
    if (x.node.starts_with(name))
      found.push_back(&x);
  }
  if (found.empty())
    return fail(ec::not_found, "no node " + name + " in the cluster");
  if (found.size() == 1)
    return found.front();
  std::string names;
  for (const auto* x : found)
    names += (names.empty() ? "" : ", ") + x->node;
  return fail(ec::bad_request, "node: " + name + " is the beginning of several: " + names);
}

} // namespace

cluster_nodes nodes_of(membership_pointer self) {
  auto& st = self->state;
  cluster_nodes out;
  if (!st.view)
    return out;
  if (st.services->single)
    (void)show_single(self);
  out.leader_epoch = static_cast<int64_t>(st.view->leader.epoch);
  out.map_version = st.view->map_version;
  for (const auto& x : st.view->members)
    out.nodes.push_back(node_of(st, x));
  return out;
}

std::string states_of(const membership_state& st) {
  std::string text;
  for (const auto& x : st.view->members)
    text.append(x.node).append(1, ' ').append(state_of(st, x)).append(1, '\n');
  return text;
}

cluster_slots slots_of(const membership_state& st) {
  cluster_slots out;
  if (!st.view)
    return out;
  out.map_version = st.view->map_version;
  for (size_t i = 0; i < st.view->slots.size(); ++i) {
    const auto& x = st.view->slots[i];
    out.slots.push_back({static_cast<int64_t>(i), x.node, static_cast<int64_t>(x.epoch), x.target});
  }
  return out;
}

expected<node_drained> drain(membership_pointer self, const node_to_drain& x) {
  auto& st = self->state;
  if (st.services->single)
    return fail(ec::bad_request,
                "node: a store of one node has nobody to hand slots to; stop the node instead");
  if (!st.view)
    return fail(ec::unreachable, "this node is not in the cluster yet");
  auto found = find_member(st, x.node);
  if (!found)
    return fail(found.error());
  auto node = (*found)->node;
  auto changed = st.store->run([&](auto& cluster) { return cluster.set_state(node, !x.resume); });
  if (!changed)
    return fail(changed.error());
  tell_peers(self);
  round_soon(self);
  return node_drained{node, x.resume ? "alive" : "draining", slots_owned(*st.view, node)};
}

expected<void> show_single(membership_pointer self) {
  auto& st = self->state;
  auto db = st.services->pool->read();
  if (!db)
    return fail(std::move(db.error()));
  storage::cluster_repository cluster{**db};
  auto view = cluster.read();
  if (!view)
    return fail(std::move(view.error()));
  auto load = cluster.load_of(my_id(st));
  if (!load)
    return fail(std::move(load.error()));
  const auto& me = *st.services->this_node;
  schedule::member x;
  x.node = me.id();
  x.incarnation = 1;
  x.address = "-";
  x.protocol = cluster_protocol;
  x.state = member_state::alive;
  x.until_ms = view->now_ms + st.timing.lease_ms;
  x.started_ms = st.view ? st.view->members.front().started_ms : view->now_ms;
  x.http = me.http();
  x.version = me.version();
  x.hosts = load->hosts;
  x.jobs = load->jobs;
  view->leader = {x.node, 1, x.until_ms};
  view->members = {std::move(x)};
  st.services->this_node->set_sure_until(std::numeric_limits<int64_t>::max());
  st.view = std::make_shared<schedule::cluster_view>(std::move(*view));
  st.services->map->set(st.view);
  return {};
}

} // namespace aops::actors
