#include "actors/cluster/link_messages.hpp"
#include "actors/cluster/membership_body.hpp"
#include "actors/support/ask.hpp"
#include "messages/names.hpp"
#include "messages/roles/changes.hpp"
#include "messages/roles/jobs.hpp"
#include "messages/roles/region.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace aops::actors {

namespace {

using schedule::cluster_view;

/// How long a peer may take to hear of a change; its own renewal is as fast.
constexpr int64_t news_patience_ms = 1000;

void tell_regions(membership_pointer self) {
  auto& st = self->state;
  slots_changed news{std::exchange(st.gained, {}), std::exchange(st.lost, {})};
  if (news.gained.empty() && news.lost.empty())
    return;
  for (auto* list : {&news.gained, &news.lost}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  if (!news.lost.empty())
    log::info("slots-lost", "node {} has {} slots no more", my_id(st), news.lost.size());
  if (!news.gained.empty())
    log::info("slots-gained", "node {} has {} more slots", my_id(st), news.gained.size());
  for (const auto& region : st.services->regions)
    tell<region_actor>(*st.services->names, region.name, news);
}

/// What links and routers care about; leases do not.
bool looks_the_same(const cluster_view& a, const cluster_view& b) {
  auto same = [](const schedule::member& x, const schedule::member& y) {
    return std::tie(x.node, x.incarnation, x.address, x.state, x.protocol) ==
           std::tie(y.node, y.incarnation, y.address, y.state, y.protocol);
  };
  return a.map_version == b.map_version && a.leader.epoch == b.leader.epoch &&
         std::equal(a.members.begin(), a.members.end(), b.members.begin(), b.members.end(), same);
}

void show_figures(const membership_state& st) {
  static auto leader =
    metrics::gauge_of("aops_cluster_is_leader", "Whether this node leads the cluster.");
  static auto epoch =
    metrics::gauge_of("aops_cluster_leader_epoch", "Grows with every change of leader.");
  static auto slots = metrics::gauge_of("aops_cluster_slots", "Slots of this node.");
  leader.set(schedule::leads(*st.view, st.memory) ? 1 : 0);
  epoch.set(static_cast<double>(st.view->leader.epoch));
  slots.set(static_cast<double>(std::count_if(
    st.memory.epochs.begin(), st.memory.epochs.end(), [](uint64_t x) { return x != 0; })));
}

} // namespace

void keep_figures(membership_state& st) {
  st.figures = std::make_unique<metrics::refresher>([services = st.services] {
    static auto age = metrics::gauge_of("aops_cluster_lease_age_seconds",
                                        "Since this node last renewed its lease.");
    auto renewed = services->this_node->renewed_ms();
    age.set(renewed == 0 ? 0 : static_cast<double>(services->time->steady_ms() - renewed) / 1000);
  });
}

void publish(membership_pointer self) {
  auto& st = self->state;
  if (!st.view)
    return tell_regions(self);
  auto before = st.services->map->get();
  st.services->map->set(st.view);
  tell_regions(self);
  show_figures(st);
  const auto& names = *st.services->names;
  // Every node sees it for itself.
  auto news_of_nodes = [&names] {
    tell<changes_actor>(names, changes_name, lists_to_show{bit_of(followed_list::nodes)});
  };
  if (auto now = states_of(st); std::exchange(st.states_told, now) != now)
    news_of_nodes();
  if (before == st.view || looks_the_same(*before, *st.view))
    return;
  map_changed news{st.view->map_version};
  tell<router_actor>(names, router_name, news);
  tell<progress_actor>(names, progress_name, atom::tick_v);
  tell<links_keeper_actor>(names, links_keeper_name, news);
  news_of_nodes();
}

void tell_peers(membership_pointer self) {
  const auto& st = self->state;
  if (!st.view)
    return;
  for (const auto& x : st.view->members) {
    if (x.node == my_id(st))
      continue;
    parcel news;
    news.to = membership_name;
    news.node = x.node;
    news.patience_ms = news_patience_ms;
    news.is_one_way = true;
    news.body = caf::make_message(map_changed{st.view->map_version});
    tell<link_actor>(*st.services->names, link_name_of(x.node), std::move(news));
  }
}

void note_versions(membership_pointer self, const storage::versions& now) {
  auto& st = self->state;
  auto before = std::exchange(st.versions, now);
  if (!before)
    return;
  if (now.rules > before->rules || now.hosts > before->hosts)
    for (const auto& region : st.services->regions)
      if (region.looks_at_hosts_and_rules)
        tell<region_actor>(*st.services->names, region.name, atom::tick_v);
}

void note_takeovers(membership_pointer self, const std::vector<schedule::held_slot>& adopted) {
  const auto& st = self->state;
  auto before = st.services->map->get();
  std::map<std::string, size_t> from; // Slots, by who owned them.
  for (const auto& held : adopted)
    if (held.slot < before->slots.size())
      ++from[before->slots[held.slot].node];
  static auto seconds = metrics::histogram_of(
    "aops_cluster_takeover_seconds",
    "From the first doubt about a node, or the end of its lease, to the adoption of its slots.",
    metrics::second_bounds());
  for (const auto& [node, slots] : from) {
    auto* row = st.view->find(node);
    if (node == my_id(st) || !row || row->state != schedule::member_state::gone)
      continue;
    auto doubted = st.doubts.find(node);
    auto since = row->until_ms;
    if (doubted != st.doubts.end() && doubted->second.incarnation == row->incarnation)
      since = std::min(since, doubted->second.since_ms);
    auto took = static_cast<double>(std::max<int64_t>(0, st.view->now_ms - since)) / 1000;
    seconds.observe(took);
    log::info("takeover",
              "node {} takes {} slots of {} over, {:.3f} s after it was first doubted",
              my_id(st),
              slots,
              node,
              took);
  }
}

} // namespace aops::actors
