#include "actors/cluster/links_keeper.hpp"

#include "actors/cluster/link.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/bounded_pool.hpp"
#include "actors/support/prepare.hpp"
#include "messages/caf_error.hpp"
#include "messages/names.hpp"
#include "messages/supervision.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"

#include <caf/all.hpp>

#include <set>

namespace aops::actors {

namespace {

constexpr std::chrono::seconds look_every{1};
constexpr std::chrono::seconds child_deadline{10};
constexpr size_t dialling_threads = 2;
constexpr size_t dialling_queue = 256;

/// Everything of a node passes through these.
std::vector<std::string_view> busy_actors(const cluster_services& services) {
  std::vector<std::string_view> names{store_writer_name, router_name};
  for (const auto& region : services.regions)
    names.push_back(region.name);
  return names;
}

std::set<std::string> wanted(const links_keeper_state& st) {
  std::set<std::string> nodes;
  auto view = st.services->map->get();
  const auto& me = st.services->this_node->id();
  for (const auto& x : view->members)
    if (x.node != me && x.state != schedule::member_state::gone && !x.address.empty())
      nodes.insert(x.node);
  return nodes;
}

void start_link(links_keeper_pointer self, const std::string& node) {
  auto& st = self->state;
  st.links.insert(node);
  child_spec spec;
  spec.name = link_name_of(node);
  spec.start = spawns(link, st.services, st.dialer, node);
  auto then = [node](const expected<caf::actor>& started) {
    // A conflict when it is being started already.
    if (!started && started.error() != ec::conflict)
      log::warn("link-not-started", "Node {}: {}", node, to_string(started.error()));
  };
  ask<supervisor_actor>(
    self, *st.services->names, links_name, child_deadline, then, start_child{std::move(spec)});
}

void look(links_keeper_pointer self) {
  auto& st = self->state;
  const auto& names = *st.services->names;
  if (!names.find(links_name))
    return;
  auto nodes = wanted(st);
  for (auto i = st.links.begin(); i != st.links.end();) {
    if (nodes.contains(*i)) {
      ++i;
      continue;
    }
    auto then = [](const expected<void>&) {};
    ask<supervisor_actor>(
      self, names, links_name, child_deadline, then, stop_child{link_name_of(*i)});
    i = st.links.erase(i);
  }
  auto version = st.services->map->get()->map_version;
  for (const auto& node : nodes)
    if (!tell<link_actor>(names, link_name_of(node), map_changed{version}))
      start_link(self, node);
}

void note_mailbox(links_keeper_state& st, std::string_view name, int64_t messages) {
  st.mailboxes[name] = messages;
  int64_t all = 0;
  for (const auto& [which, n] : st.mailboxes)
    all += n;
  st.services->pulses->set_mailboxes(st.services->this_node->id(), all);
  static auto waiting = metrics::gauge_of(
    "aops_cluster_mailboxes", "Messages waiting in the actors that carry this node's load.");
  waiting.set(static_cast<double>(all));
}

/// Each tells its own. One that is too busy to tell keeps its figure.
void count_mailboxes(links_keeper_pointer self) {
  for (auto name : busy_actors(*self->state.services)) {
    auto then = [self, name](const expected<tree_status>& row) {
      if (row)
        note_mailbox(self->state, name, row->mailbox.value_or(0));
      else if (row.error() != ec::timed_out)
        note_mailbox(self->state, name, 0);
    };
    ask<tree_actor>(self, *self->state.services->names, name, look_every, then, get_tree{});
  }
}

} // namespace

links_keeper_actor::behavior_type links_keeper(links_keeper_pointer self,
                                               cluster_services_ptr services,
                                               std::shared_ptr<executor> dialer) {
  prepare(self);
  auto& st = self->state;
  st.services = std::move(services);
  st.dialer = dialer
                ? std::move(dialer)
                : std::make_shared<bounded_pool>("link-dial", dialling_threads, dialling_queue);
  self->send(self, atom::tick_v);
  return {
    [self](const map_changed&) { look(self); },
    [self](atom::tick) {
      self->delayed_send(self, look_every, atom::tick_v);
      look(self);
      count_mailboxes(self);
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
