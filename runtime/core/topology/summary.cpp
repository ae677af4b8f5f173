#include "runtime/core/topology/summary.hpp"

#include "runtime/core/topology/drawing.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace aops::topology {

namespace {

/// From the best on.
enum class badness : uint8_t { none, stale, lacking, abnormal };

std::string_view status_of_badness(badness x) {
  constexpr std::array<std::string_view, 4> names = {
    "ANOMALY_NO", "ANOMALY_STALE", "ANOMALY_LACKING", "ANOMALY_YES"};
  return names[static_cast<size_t>(x)];
}

badness badness_of(const drawn_link& x) {
  return x.is_lacking ? badness::lacking : x.is_abnormal() ? badness::abnormal : badness::none;
}

struct summed_node {
  topology_node told;
  badness how = badness::none;
  bool is_linked = false; ///< To what was asked about.
  size_t last_link = no_node;
};

struct summed_pair {
  size_t from = no_node, to = no_node;
  badness how = badness::none;
  int64_t links = 0, connections = 0, abnormal = 0, lacking = 0;
  double rx = 0, tx = 0, rtt = 0;
  int64_t with_rx = 0, with_tx = 0, with_rtt = 0, rtt_max = not_told;
};

class summary_maker {
public:
  summary_maker(const viewer& who, const summary_query& q, const drawing& drawn)
      : who_(who), q_(q), drawn_(drawn) {}

  topology_summary make() {
    place_nodes();
    for (size_t i = 0; i < drawn_.links().size(); ++i)
      add_link(i);
    return told();
  }

private:
  // -- what becomes one node

  const std::string& group_of(const world::host& x) const {
    static const std::string none;
    const auto* seen = who_.find(x.window->host_id);
    return seen ? seen->group : none;
  }

  /// Whether its group is one node.
  bool is_folded(const std::string& group) const {
    return q_.is_by_group || (!q_.group.empty() && group != q_.group);
  }

  size_t node_of(const std::string& id, std::string_view type) {
    auto [it, is_new] = index_.try_emplace(id, nodes_.size());
    if (is_new) {
      auto& x = nodes_.emplace_back();
      x.told.id = id;
      x.told.type = type;
    }
    return it->second;
  }

  size_t node_of_host(const world::host& x) {
    auto [it, is_new] = of_host_.try_emplace(&x, no_node);
    if (!is_new)
      return it->second;
    const auto& group = group_of(x);
    const auto& id = x.window->host_id;
    auto n = is_folded(group) ? node_of("group." + group, "GROUP") : node_of(id, "VM");
    it->second = n;
    auto& to = nodes_[n];
    to.told.group = group;
    if (is_folded(group)) {
      to.told.name = group;
    } else {
      const auto* seen = who_.find(id);
      to.told.name = seen && !seen->name.empty() ? seen->name : x.window->hostname;
      to.is_linked = true;
    }
    to.is_linked |= q_.group.empty();
    ++to.told.hosts;
    if (drawn_.ends().state(x) != host_state::live) {
      ++to.told.stale_hosts;
      to.how = std::max(to.how, badness::stale);
    }
    return n;
  }

  void place_nodes() {
    places_.reserve(drawn_.nodes().size());
    for (const auto& x : drawn_.nodes()) {
      if (x.key.kind == node_kind::external) {
        auto n = node_of("external", "EXTERNAL");
        nodes_[n].told.name = "external";
        places_.push_back(n);
        continue;
      }
      auto n = node_of_host(*x.key.host);
      if (x.key.kind == node_kind::process)
        ++nodes_[n].told.processes;
      newest_ms_ = std::max(newest_ms_, x.key.host->window->received_ms);
      places_.push_back(n);
    }
  }

  // -- what lies between them

  bool is_asked_about(size_t n) const { return q_.group.empty() || nodes_[n].told.type == "VM"; }

  void add_link(size_t i) {
    const auto& x = drawn_.links()[i];
    auto from = places_[x.client], to = places_[x.server];
    auto over = x.balancer == no_node ? no_node : places_[x.balancer];
    bool is_over = over != no_node && x.balancer != x.client && x.balancer != x.server;
    bool is_counted = false;
    auto add = [&](size_t a, size_t b) {
      if (!is_asked_about(a) && !is_asked_about(b))
        return;
      is_counted = true;
      add_to_pair(a, b, x);
      for (auto n : {a, b})
        add_to_node(nodes_[n], i, badness_of(x));
    };
    if (is_over) {
      add(from, over);
      add(over, to);
    } else {
      add(from, to);
    }
    if (!is_counted)
      return;
    ++links_;
    for (auto end : {x.client, x.server})
      if (drawn_.nodes()[end].key.kind == node_kind::external && peers_.insert(end).second)
        ++nodes_[places_[end]].told.hosts;
  }

  static void add_to_node(summed_node& to, size_t link, badness how) {
    to.is_linked = true;
    to.how = std::max(to.how, how);
    if (std::exchange(to.last_link, link) == link)
      return;
    ++to.told.links;
    to.told.unwell_links += how == badness::none ? 0 : 1;
  }

  void add_to_pair(size_t from, size_t to, const drawn_link& x) {
    auto [it, is_new] =
      pair_index_.try_emplace((uint64_t{from} << 32) | uint64_t{to}, pairs_.size());
    if (is_new) {
      pairs_.emplace_back();
      pairs_.back().from = from;
      pairs_.back().to = to;
    }
    auto& p = pairs_[it->second];
    auto how = badness_of(x);
    p.how = std::max(p.how, how);
    ++p.links;
    p.connections += x.told->record.count;
    p.abnormal += how == badness::abnormal ? 1 : 0;
    p.lacking += how == badness::lacking ? 1 : 0;
    const auto figures = client_figures(*x.told);
    auto at = [&](figure f) { return figures[static_cast<size_t>(f)]; };
    auto add_rate = [&](figure f, double& sum, int64_t& with) {
      if (at(f) == not_told || x.period_ms <= 0)
        return;
      sum += static_cast<double>(at(f)) * 1000 / static_cast<double>(x.period_ms);
      ++with;
    };
    add_rate(figure::rx_bytes, p.rx, p.with_rx);
    add_rate(figure::tx_bytes, p.tx, p.with_tx);
    if (auto rtt = at(figure::rtt); rtt != not_told) {
      p.rtt += static_cast<double>(rtt);
      ++p.with_rtt;
    }
    p.rtt_max = std::max({p.rtt_max, at(figure::rtt_max), at(figure::rtt)});
  }

  // -- the answer

  topology_pair told_pair(const summed_pair& x) const {
    topology_pair out;
    out.from = nodes_[x.from].told.id;
    out.to = nodes_[x.to].told.id;
    out.state = status_of_badness(x.how);
    out.links = x.links;
    out.connections = x.connections;
    out.abnormal_links = x.abnormal;
    out.lacking_links = x.lacking;
    if (x.with_rx > 0)
      out.rx_bytes_per_s = std::round(x.rx * 1000) / 1000;
    if (x.with_tx > 0)
      out.tx_bytes_per_s = std::round(x.tx * 1000) / 1000;
    if (x.with_rtt > 0)
      out.rtt = std::llround(x.rtt / static_cast<double>(x.with_rtt));
    if (x.rtt_max != not_told)
      out.rtt_max = x.rtt_max;
    return out;
  }

  topology_summary told() {
    topology_summary out;
    out.timestamp = newest_ms_;
    out.is_cut = drawn_.is_cut();
    std::vector<size_t> order;
    for (size_t n = 0; n < nodes_.size(); ++n)
      if (nodes_[n].is_linked)
        order.push_back(n);
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      const auto &x = nodes_[a], &y = nodes_[b];
      return std::tie(y.how, y.told.links, x.told.name, x.told.id) <
             std::tie(x.how, x.told.links, y.told.name, y.told.id);
    });
    out.total_nodes = static_cast<int64_t>(order.size());
    out.total_pairs = static_cast<int64_t>(pairs_.size());
    out.total_links = links_;
    auto first = std::min(q_.offset, order.size()), last = std::min(first + q_.limit, order.size());
    std::vector<bool> is_shown(nodes_.size());
    for (auto i = first; i < last; ++i) {
      auto& x = nodes_[order[i]];
      is_shown[order[i]] = true;
      x.told.state = status_of_badness(x.how);
      out.nodes.push_back(std::move(x.told));
      x.told.id = out.nodes.back().id;
    }
    std::vector<const summed_pair*> between;
    for (const auto& x : pairs_)
      if (is_shown[x.from] && is_shown[x.to])
        between.push_back(&x);
    std::sort(between.begin(), between.end(), [&](const auto* x, const auto* y) {
      const auto &xf = nodes_[x->from].told.id, &yf = nodes_[y->from].told.id;
      const auto &xt = nodes_[x->to].told.id, &yt = nodes_[y->to].told.id;
      return std::tie(y->how, y->links, xf, xt) < std::tie(x->how, x->links, yf, yt);
    });
    if (between.size() > q_.most_pairs) {
      between.resize(q_.most_pairs);
      out.is_cut = true;
    }
    for (const auto* x : between)
      out.pairs.push_back(told_pair(*x));
    return out;
  }

  const viewer& who_;
  const summary_query& q_;
  const drawing& drawn_;
  std::vector<summed_node> nodes_;
  std::unordered_map<std::string, size_t> index_;
  std::unordered_map<const world::host*, size_t> of_host_;
  std::vector<size_t> places_;       ///< Of each drawn node: in which of these it is.
  std::unordered_set<size_t> peers_; ///< Drawn nodes that are external and counted.
  std::vector<summed_pair> pairs_;
  std::unordered_map<uint64_t, size_t> pair_index_;
  int64_t links_ = 0, newest_ms_ = 0;
};

} // namespace

topology_summary
summary_of(const world& w, const viewer& who, const summary_query& q, const topology_rules& rules) {
  picture_query all;
  all.now_ms = q.now_ms;
  all.most_entities = q.most_drawn;
  const drawing drawn{w, who, all, rules};
  return summary_maker{who, q, drawn}.make();
}

} // namespace aops::topology
