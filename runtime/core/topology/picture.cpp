#include "runtime/core/topology/picture.hpp"

#include "runtime/base/address.hpp"
#include "runtime/base/json_values.hpp"
#include "runtime/core/topology/drawing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace aops::topology {

namespace {

std::string_view name_of(node_kind x) {
  constexpr std::array<std::string_view, 3> names = {"VM", "PROCESS", "EXTERNAL"};
  return names[static_cast<size_t>(x)];
}

void add_whole(std::vector<topology_attr>& to, std::string_view key, int64_t x) {
  to.push_back({std::string{key}, {std::to_string(x)}, "int"});
}

/// With three digits after the point.
void add_real(std::vector<topology_attr>& to, std::string_view key, double x) {
  to.push_back({std::string{key}, {fmt::format("{}", std::round(x * 1000) / 1000)}, "float"});
}

void add_text(std::vector<topology_attr>& to, std::string_view key, std::string_view x) {
  if (!x.empty())
    // What another node told may be any bytes.
    to.push_back({std::string{key},
                  {base::json(x).dump(-1, ' ', false, base::json::error_handler_t::replace)},
                  "string"});
}

template <class Items, class Text>
std::string joined(const Items& items, size_t most, Text text) {
  std::string out;
  for (const auto& x : items) {
    if (out.size() > most)
      return out + ",...";
    out += (out.empty() ? "" : ",") + text(x);
  }
  return out;
}
/// What a drawing is told as.
class picture_teller {
public:
  picture_teller(const world& w,
                 const viewer& who,
                 const topology_rules& rules,
                 const drawing& drawn)
      : world_(w), who_(who), rules_(rules), ends_(drawn.ends()), nodes_(drawn.nodes()),
        links_(drawn.links()), is_cut_(drawn.is_cut()) {}

  topology_entities entities() const {
    topology_entities out;
    out.is_cut = is_cut_;
    for (const auto& x : nodes_) {
      if (x.key.host)
        out.timestamp = std::max(out.timestamp, x.key.host->window->received_ms);
      out.entities.push_back(entity_of(x));
    }
    for (const auto& x : links_)
      out.entities.push_back(entity_of(x));
    auto rank = [](const topology_entity& x) {
      return x.type == "VM" ? 0 : x.type == "PROCESS" ? 1 : x.type == "EXTERNAL" ? 3 : 2;
    };
    std::sort(out.entities.begin(), out.entities.end(), [&](const auto& a, const auto& b) {
      auto ra = rank(a), rb = rank(b);
      return ra != rb ? ra < rb : a.entityid < b.entityid;
    });
    out.entityids.reserve(out.entities.size());
    for (const auto& x : out.entities)
      out.entityids.push_back(x.entityid);
    return out;
  }

private:
  std::string shown_name(const drawn_node& x) const {
    if (x.key.kind == node_kind::external)
      return std::string{x.key.name};
    const auto& w = *x.key.host->window;
    const auto* seen = who_.find(w.host_id);
    const auto& host = seen && !seen->name.empty() ? seen->name : w.hostname;
    return x.key.kind == node_kind::vm ? host : host + "." + shown_process(x.key.name);
  }

  topology_ref ref(const drawn_node& x) const { return {std::string{name_of(x.key.kind)}, x.id}; }
  std::vector<topology_ref> link_refs(const std::vector<size_t>& which) const {
    std::vector<topology_ref> out;
    out.reserve(which.size());
    for (auto i : which)
      out.push_back({std::string{type_of(links_[i].told->record.ends.kind)}, links_[i].id});
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return out;
  }
  std::vector<topology_ref> process_refs(const std::vector<size_t>& which) const {
    std::vector<topology_ref> out;
    for (auto i : which)
      out.push_back(ref(nodes_[i]));
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return out;
  }
  static void add_items(std::vector<topology_items>& to, topology_items x) {
    if (!x.calls.empty() || !x.runOns.empty())
      to.push_back(std::move(x));
  }

  topology_entity entity_of(const drawn_node& x) const {
    topology_entity out;
    out.entityid = x.id;
    out.type = name_of(x.key.kind);
    out.name = shown_name(x);
    switch (x.key.kind) {
    case node_kind::vm:
      add_items(out.dependeditems, {{}, process_refs(x.hosted)});
      out.attrs = host_attrs(*x.key.host);
      break;
    case node_kind::process:
      add_items(out.dependeditems, {link_refs(x.in), link_refs(x.carried)});
      add_items(out.dependingitems, {link_refs(x.out), {{"VM", x.key.host->window->host_id}}});
      out.attrs = process_attrs(*x.key.host->window, x.key.name);
      break;
    case node_kind::external:
      add_items(out.dependeditems, {link_refs(x.in), {}});
      add_items(out.dependingitems, {link_refs(x.out), {}});
      out.attrs = external_attrs(x.key.name);
      break;
    }
    if (x.key.host && ends_.state(*x.key.host) != host_state::live)
      out.anomaly.emplace(topology_anomaly{"ANOMALY_STALE", {}});
    return out;
  }

  std::vector<topology_attr> host_attrs(const world::host& x) const {
    const auto& w = *x.window;
    std::vector<topology_attr> out;
    constexpr size_t most_shown = 1000;
    add_text(out, "addresses", joined(w.addresses, most_shown, [](const auto& a) { return a; }));
    add_text(out, "agent", w.agent);
    add_text(out, "hostname", w.hostname);
    if (w.is_cut)
      add_whole(out, "is_cut", 1);
    add_whole(out, "last_ms", w.received_ms);
    add_text(out, "machine_id", w.machine_id);
    add_whole(out, "period_ms", w.period_ms);
    std::string same;
    for (const auto* other : world_.of_machine(w.machine_id))
      if (other != &x && ends_.is_seen(*other) && same.size() < most_shown)
        same += (same.empty() ? "" : ",") + other->window->host_id;
    add_text(out, "same_machine_id", same);
    return out;
  }

  static std::vector<topology_attr> process_attrs(const host_window& w, std::string_view name) {
    std::vector<topology_attr> out;
    auto it = std::lower_bound(
      w.processes.begin(), w.processes.end(), name, [](const process_info& p, std::string_view n) {
        return p.name < n;
      });
    bool is_known = it != w.processes.end() && it->name == name;
    if (is_known)
      add_text(out, "command", it->command);
    std::vector<const listening_socket*> sockets;
    for (const auto& s : w.listening)
      if (s.process == name)
        sockets.push_back(&s);
    constexpr size_t most_shown = 1000;
    add_text(out, "listening", joined(sockets, most_shown, [](const listening_socket* s) {
               return base::with_port(s->address, s->port);
             }));
    if (is_known) {
      add_text(
        out, "pids", joined(it->pids, most_shown, [](int64_t pid) { return std::to_string(pid); }));
      add_whole(out, "process_count", static_cast<int64_t>(it->pids.size()));
      add_text(out, "user", it->user);
    }
    return out;
  }

  std::vector<topology_attr> external_attrs(std::string_view address) const {
    std::vector<topology_attr> out;
    add_text(out, "address", address);
    const auto& id = who_.managed_under(std::string{address});
    if (const auto* seen = id.empty() ? nullptr : who_.find(id)) {
      add_text(out, "host_id", id);
      add_text(out, "host_name", seen->name);
    }
    return out;
  }

  topology_entity entity_of(const drawn_link& x) const {
    const auto& e = x.told->record.ends;
    topology_entity out;
    out.entityid = x.id;
    out.type = type_of(e.kind);
    out.name = fmt::format("{} -> {} {}",
                           shown_name(nodes_[x.client]),
                           shown_name(nodes_[x.server]),
                           base::with_port(e.server_ip, e.server_port));
    topology_items needs_it{{ref(nodes_[x.client])}, {}};
    topology_items needed{{ref(nodes_[x.server])}, {}};
    if (x.balancer != no_node)
      needed.runOns.push_back(ref(nodes_[x.balancer]));
    add_items(out.dependeditems, std::move(needs_it));
    add_items(out.dependingitems, std::move(needed));
    out.attrs = link_attrs(x);
    if (auto how = anomaly_of(x); e.kind == link_kind::tcp || how.status != "ANOMALY_NO")
      out.anomaly.emplace(std::move(how));
    return out;
  }

  static std::vector<topology_attr> link_attrs(const drawn_link& x) {
    const auto& e = x.told->record.ends;
    std::vector<topology_attr> out;
    out.reserve(20);
    add_text(out, "client_ip", e.client_ip);
    add_whole(out, "first_ms", x.told->first_ms);
    add_whole(out, "last_ms", x.told->last_ms);
    add_whole(out, "link_count", x.told->record.count);
    auto figures = client_figures(*x.told);
    for (size_t i = 0; i < figure_count; ++i) {
      if (figures[i] == not_told)
        continue;
      add_whole(out, figure_names[i], figures[i]);
      if (i < counted_figures && x.period_ms > 0)
        add_real(out,
                 std::string{figure_names[i]} + "_per_s",
                 static_cast<double>(figures[i]) * 1000 / static_cast<double>(x.period_ms));
    }
    add_text(out, "server_ip", e.server_ip);
    add_whole(out, "server_port", e.server_port);
    if (x.server_told)
      for (auto f : {figure::retran_packets, figure::lost_packets, figure::rtt})
        if (auto told = x.server_told->record.at(f); told != not_told)
          add_whole(out, "server_" + std::string{figure_names[static_cast<size_t>(f)]}, told);
    if (!e.virtual_ip.empty()) {
      add_text(out, "local_ip", e.local_ip);
      add_text(out, "virtual_ip", e.virtual_ip);
      add_whole(out, "virtual_port", e.virtual_port);
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    return out;
  }

  topology_anomaly anomaly_of(const drawn_link& x) const {
    if (x.is_lacking)
      return {"ANOMALY_LACKING", {}};
    topology_anomaly out{"ANOMALY_NO", {}};
    auto add = [&](const window_link* told, std::string_view end) {
      for (size_t i = 0; told && i < rules_.thresholds.all.size(); ++i) {
        const auto& t = rules_.thresholds.all[i];
        if ((told->alarms & (uint32_t{1} << i)) != 0)
          out.anomalyitem.push_back({std::string{end} + t.attribute,
                                     is_upper(t.how) ? "ABOVE THRESHOLD" : "BELOW THRESHOLD"});
      }
    };
    add(x.told, "");
    add(x.server_told, "server_");
    if (!out.anomalyitem.empty())
      out.status = "ANOMALY_YES";
    return out;
  }

  const world& world_;
  const viewer& who_;
  const topology_rules& rules_;
  const end_finder& ends_;
  const std::vector<drawn_node>& nodes_;
  const std::vector<drawn_link>& links_;
  bool is_cut_ = false;
};

} // namespace

void viewer::add(const std::string& host_id, seen_host x) {
  if (auto address = plain_address(x.address); !address.empty()) {
    auto [it, is_new] = by_address_.try_emplace(address, host_id);
    if (!is_new && it->second != host_id)
      it->second.clear();
  }
  hosts_.insert_or_assign(host_id, std::move(x));
}

const seen_host* viewer::find(const std::string& host_id) const {
  auto it = hosts_.find(host_id);
  return it == hosts_.end() ? nullptr : &it->second;
}

const std::string& viewer::managed_under(const std::string& address) const {
  static const std::string nobody;
  auto it = by_address_.find(address);
  return it == by_address_.end() ? nobody : it->second;
}

topology_entities
picture_of(const world& w, const viewer& who, const picture_query& q, const topology_rules& rules) {
  drawing drawn{w, who, q, rules};
  drawn.name_links();
  return picture_teller{w, who, rules, drawn}.entities();
}

topology_status
status_of(const world& w, const viewer& who, int64_t now_ms, const topology_rules& rules) {
  topology_status out;
  for (const auto& [id, x] : w.all()) {
    if (!who.find(id))
      continue;
    ++out.hosts;
    out.timestamp = std::max(out.timestamp, x.window->received_ms);
    auto how = state_of(*x.window, rules, now_ms);
    if (how != host_state::live)
      ++out.stale_hosts;
    for (const auto& link : x.window->links) {
      auto state = state_of(link, *x.window, rules, now_ms);
      if (state == link_state::over)
        continue;
      ++out.links;
      if (state == link_state::lacking)
        ++out.lacking_links;
      else if (link.alarms != 0)
        ++out.abnormal_links;
    }
  }
  out.silent_hosts = static_cast<int64_t>(who.all().size()) - out.hosts;
  out.status = out.hosts == out.stale_hosts ? "idle" : "running";
  return out;
}

} // namespace aops::topology
