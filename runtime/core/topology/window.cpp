#include "runtime/core/topology/window.hpp"

#include <algorithm>

namespace aops::topology {

namespace {

/// What a link that is not seen any more still says.
window_link without_figures(window_link x) {
  x.record.count = 0;
  x.record.figures = no_figures;
  x.alarms = 0;
  return x;
}

/// Of too many, those that were gone longest go first, then those that stand last.
void fit_links(std::vector<window_link>& links, size_t most, std::vector<window_link>& ended) {
  if (links.size() <= most)
    return;
  std::vector<size_t> order(links.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return links[a].last_ms > links[b].last_ms;
  });
  order.resize(most);
  std::sort(order.begin(), order.end());
  std::vector<window_link> kept;
  kept.reserve(most);
  size_t next = 0;
  for (size_t i = 0; i < links.size(); ++i) {
    bool is_kept = next < order.size() && order[next] == i;
    next += is_kept ? 1 : 0;
    (is_kept ? kept : ended).push_back(std::move(links[i]));
  }
  links = std::move(kept);
}

bool is_same_but_figures(const host_window& a, const host_window& b) {
  return a.hostname == b.hostname && a.machine_id == b.machine_id && a.addresses == b.addresses &&
         a.listening == b.listening && a.processes == b.processes && a.is_cut == b.is_cut;
}

} // namespace

host_state state_of(const host_window& x, const topology_rules& rules, int64_t now_ms) {
  auto silence = now_ms - x.received_ms;
  if (silence < rules.stale_ms)
    return host_state::live;
  return silence < rules.window_ms ? host_state::stale : host_state::silent;
}

link_state
state_of(const window_link& x, const host_window& of, const topology_rules& rules, int64_t now_ms) {
  auto host = state_of(of, rules, now_ms);
  if (host == host_state::silent || now_ms - x.last_ms >= rules.window_ms)
    return link_state::over;
  if (host == host_state::stale)
    return link_state::lacking;
  if (x.last_ms == of.received_ms)
    return link_state::seen;
  return x.first_ms < x.last_ms ? link_state::lacking : link_state::seen;
}

window_change advance(const host_window* before,
                      const std::string& host_id,
                      batch told,
                      int64_t now_ms,
                      const topology_rules& rules) {
  window_change out;
  auto after = std::make_shared<host_window>();
  after->host_id = host_id;
  after->machine_id = std::move(told.machine_id);
  after->hostname = std::move(told.hostname);
  after->agent = std::move(told.agent);
  after->addresses = std::move(told.addresses);
  after->received_ms = now_ms;
  after->told_ms = told.time_ms;
  after->period_ms = told.period_ms;
  after->is_cut = told.is_cut;
  after->listening = std::move(told.listening);
  after->processes = std::move(told.processes);
  if (before && before->received_ms >= now_ms) // The clock went back, or two came at once.
    after->received_ms = before->received_ms + 1;
  const auto at = after->received_ms;

  static const std::vector<window_link> none;
  const auto& old = before ? before->links : none;
  auto& links = after->links;
  links.reserve(told.links.size() + 8);
  bool is_changed = !before || state_of(*before, rules, at) != host_state::live;
  auto it = old.begin();
  auto leave = [&](const window_link& x) {
    if (at - x.last_ms < rules.window_ms) {
      is_changed |= before && x.last_ms == before->received_ms;
      links.push_back(without_figures(x));
    } else {
      is_changed = true;
      out.ended.push_back(x);
    }
  };
  for (auto& record : told.links) {
    for (; it != old.end() && it->record.ends < record.ends; ++it)
      leave(*it);
    window_link x{std::move(record), at, at, 0};
    uint32_t alarms = 0;
    if (it != old.end() && it->record.ends == x.record.ends) {
      if (at - it->last_ms < rules.window_ms)
        x.first_ms = it->first_ms;
      else
        out.ended.push_back(*it);
      alarms = it->alarms;
      is_changed |= it->last_ms != before->received_ms;
      ++it;
    }
    is_changed |= x.first_ms == at;
    x.alarms = passed(rules.thresholds, x.record, after->period_ms, alarms);
    is_changed |= x.alarms != alarms;
    links.push_back(std::move(x));
  }
  for (; it != old.end(); ++it)
    leave(*it);
  fit_links(links, rules.most_links, out.ended);
  for (const auto& x : links)
    if (x.first_ms == at)
      out.began.push_back(&x);
  out.is_visible = is_changed || !is_same_but_figures(*before, *after);
  out.after = std::move(after);
  return out;
}

} // namespace aops::topology
