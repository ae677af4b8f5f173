#include "runtime/core/topology/picture.hpp"

#include "runtime/base/address.hpp"
#include "runtime/base/json_values.hpp"
#include "runtime/core/topology/ends.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <unordered_set>

namespace aops::topology {

namespace {

enum class node_kind : uint8_t { vm, process, external };

struct node_key {
  node_kind kind = node_kind::vm;
  const world::host* host = nullptr; ///< Null: external.
  std::string_view name;             ///< Of the process, or the address.
  friend bool operator==(const node_key&, const node_key&) = default;
};
struct node_hash {
  size_t operator()(const node_key& x) const {
    return std::hash<const void*>{}(x.host) * 31 + std::hash<std::string_view>{}(x.name) * 3 +
           static_cast<size_t>(x.kind);
  }
};

struct drawn_node {
  node_key key;
  std::string id;
  std::vector<size_t> in, out; ///< Links, by their places.
  std::vector<size_t> carried; ///< Links that a balancer's process carries.
  std::vector<size_t> hosted;  ///< Processes of a host.
};

constexpr size_t no_node = SIZE_MAX;

struct drawn_link {
  const window_link* told = nullptr;        ///< By the client, else by the server, or a balancer.
  const window_link* server_told = nullptr; ///< By the server, beside the client.
  int64_t period_ms = 0, server_period_ms = 0;
  size_t client = no_node, server = no_node, balancer = no_node;
  bool is_lacking = false;
  std::string id;
};

std::string_view name_of(node_kind x) {
  constexpr std::array<std::string_view, 3> names = {"VM", "PROCESS", "EXTERNAL"};
  return names[static_cast<size_t>(x)];
}

std::string shown_process(std::string_view name) {
  return name.empty() ? std::string{"?"} : std::string{name};
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

class picture_maker {
public:
  picture_maker(const world& w,
                const viewer& who,
                const picture_query& q,
                const topology_rules& rules)
      : world_(w), who_(who), q_(q), rules_(rules), ends_(w, who, rules, q.now_ms) {}

  topology_entities make() {
    if (q_.host_id.empty())
      draw_all();
    else
      draw_from(q_.host_id);
    return entities();
  }

private:
  // -- which links

  void draw_all() {
    for (const auto& [id, x] : world_.all())
      if (who_.find(id))
        draw_host(x);
    for (const auto& [id, x] : world_.all())
      if (who_.find(id) && ends_.state(x) != host_state::silent)
        draw_links(x);
  }

  void draw_from(const std::string& host_id) {
    auto it = world_.all().find(host_id);
    if (it == world_.all().end() || ends_.state(it->second) == host_state::silent) {
      if (it != world_.all().end())
        draw_host(it->second);
      draw_unwatched(host_id);
      return;
    }
    std::vector<const world::host*> level{&it->second};
    std::unordered_set<const world::host*> been{&it->second};
    alone_ = q_.depth == 0 ? &it->second : nullptr;
    for (int64_t i = 0; i < std::max<int64_t>(q_.depth, 1) && !level.empty(); ++i) {
      auto before = nodes_.size();
      for (const auto* x : level) {
        draw_host(*x);
        draw_links(*x);
        draw_callers(*x);
      }
      level.clear();
      for (auto n = before; n < nodes_.size(); ++n)
        if (const auto* x = nodes_[n].key.host; x && been.insert(x).second)
          level.push_back(x);
      std::sort(level.begin(), level.end(), [](const auto* a, const auto* b) {
        return a->window->host_id < b->window->host_id;
      });
    }
  }

  /// What others do with a host that no agent tells of.
  void draw_unwatched(const std::string& host_id) {
    const auto* seen = who_.find(host_id);
    auto address = seen ? plain_address(seen->address) : std::string{};
    if (address.empty())
      return;
    for (const auto* x : world_.callers_of(address))
      if (ends_.is_seen(*x))
        draw_calls(*x, address);
  }

  void draw_host(const world::host& x) {
    node(node_kind::vm, &x, {});
    if (ends_.state(x) == host_state::silent)
      return;
    for (const auto& s : x.window->listening)
      process_of(x, s.process);
  }

  void draw_links(const world::host& x) {
    for (const auto& link : x.window->links) {
      if (is_cut_)
        return;
      switch (link.record.ends.side) {
      case link_side::client:
        draw_call(x, link);
        break;
      case link_side::server:
        draw_served(x, link);
        break;
      case link_side::balancer:
        draw_balanced(x, link);
        break;
      }
    }
  }

  /// Links of others to a host: it may not see them itself.
  void draw_callers(const world::host& x) {
    if (alone_)
      return;
    for (const auto& address : x.owned)
      for (const auto* other : world_.callers_of(address))
        if (other != &x && ends_.is_seen(*other))
          draw_calls(*other, address);
  }

  void draw_calls(const world::host& from, const std::string& address) {
    for (const auto& link : links_to(*from.window, link_kind::tcp, link_side::client, address))
      draw_call(from, link);
    for (auto kind : {link_kind::ipvs, link_kind::nginx, link_kind::haproxy})
      for (const auto& link : links_to(*from.window, kind, link_side::balancer, address))
        draw_balanced(from, link);
  }

  // -- one link

  bool is_full() {
    is_cut_ |= nodes_.size() + links_.size() >= q_.most_entities;
    return is_cut_;
  }

  /// Whether it is to be drawn now, for the first time.
  bool begin(const world::host& of, const window_link& x, link_state& how) {
    how = ends_.state(of, x);
    return how != link_state::over && done_.insert(&x).second && !is_full();
  }

  bool is_left_out(const world::host* client, const world::host* server) const {
    return alone_ && (client != alone_ || server != alone_);
  }

  static bool is_stale(const end_finder& ends, const world::host* x) {
    return x && ends.state(*x) != host_state::live;
  }

  void draw_call(const world::host& from, const window_link& x) {
    link_state how{};
    if (!begin(from, x, how))
      return;
    const auto& e = x.record.ends;
    const auto* to = ends_.server_of(from, e);
    if (alone_ == &from)
      process_of(from, e.process);
    if (is_left_out(&from, to))
      return;
    drawn_link link;
    link.told = &x;
    link.period_ms = from.window->period_ms;
    link.is_lacking = how == link_state::lacking || is_stale(ends_, to);
    if (to) {
      auto other = links_to(
        *to->window, link_kind::tcp, link_side::server, e.server_ip, e.server_port, e.client_ip);
      if (!other.empty() && ends_.state(*to, *other.begin()) == link_state::seen) {
        link.server_told = other.begin();
        link.server_period_ms = to->window->period_ms;
      }
    }
    link.client = process_of(from, e.process);
    link.server = server_node(to, e);
    put(std::move(link));
  }

  size_t server_node(const world::host* to, const link_ends& e) {
    return to ? process_of(*to, server_process(*to->window, e.server_ip, e.server_port))
              : node(node_kind::external, nullptr, e.server_ip);
  }

  /// What a server sees: the same link that its client tells of, or what a balancer handed on, or
  /// else a link of its own.
  void draw_served(const world::host& at, const window_link& x) {
    if (ends_.state(at, x) == link_state::over)
      return;
    const auto& e = x.record.ends;
    const auto* from = ends_.client_of(at, e);
    if (alone_ == &at)
      process_of(at, e.process);
    if (from && draw_told_by(*from, e))
      return;
    if (draw_handed_on(at, e))
      return;
    link_state how{};
    if (is_left_out(from, &at) || !begin(at, x, how))
      return;
    drawn_link link;
    link.told = &x;
    link.period_ms = at.window->period_ms;
    link.is_lacking = how == link_state::lacking || is_stale(ends_, from);
    link.client = from ? process_of(*from, {}) : node(node_kind::external, nullptr, e.client_ip);
    link.server = process_of(at, e.process);
    put(std::move(link));
  }

  bool draw_told_by(const world::host& from, const link_ends& e) {
    bool is_told = false;
    for (const auto& x : links_to(*from.window,
                                  link_kind::tcp,
                                  link_side::client,
                                  e.server_ip,
                                  e.server_port,
                                  e.client_ip))
      if (ends_.state(from, x) != link_state::over) {
        draw_call(from, x);
        is_told = true;
      }
    return is_told;
  }

  /// A server behind a balancer may see its client's address, and even be called by the balancer's.
  bool draw_handed_on(const world::host& at, const link_ends& e) {
    bool is_told = false;
    auto draw_of = [&](const world::host& balancer, const window_link& x) {
      const auto& b = x.record.ends;
      if ((b.client_ip == e.client_ip || b.local_ip == e.client_ip) &&
          ends_.state(balancer, x) != link_state::over) {
        draw_balanced(balancer, x);
        is_told = true;
      }
    };
    for (const auto* other : world_.handing_to(e.server_ip))
      if (ends_.is_seen(*other))
        for (const auto& x : links_to(
               *other->window, link_kind::ipvs, link_side::balancer, e.server_ip, e.server_port))
          draw_of(*other, x);
    for (const auto* other : world_.owners_of(e.server_ip))
      if (other != &at && ends_.is_seen(*other))
        for (const auto& x : links_of(*other->window, link_kind::ipvs, link_side::balancer))
          if (const auto& b = x.record.ends;
              b.virtual_ip == e.server_ip && b.virtual_port == e.server_port &&
              std::binary_search(at.owned.begin(), at.owned.end(), b.server_ip))
            draw_of(*other, x);
    return is_told;
  }

  void draw_balanced(const world::host& at, const window_link& x) {
    link_state how{};
    if (!begin(at, x, how))
      return;
    const auto& e = x.record.ends;
    const auto* to = ends_.behind(at, e);
    const auto* from = ends_.client_of(at, e);
    if (is_left_out(from, to))
      return;
    drawn_link link;
    link.told = &x;
    link.period_ms = at.window->period_ms;
    link.is_lacking = how == link_state::lacking || is_stale(ends_, to) || is_stale(ends_, from);
    link.balancer = process_of(at, e.process);
    link.server = server_node(to, e);
    if (!from) {
      link.client = node(node_kind::external, nullptr, e.client_ip);
      return put(std::move(link));
    }
    bool is_told = false;
    for (const auto& call : links_to(*from->window,
                                     link_kind::tcp,
                                     link_side::client,
                                     e.virtual_ip,
                                     e.virtual_port,
                                     e.client_ip))
      if (ends_.state(*from, call) != link_state::over) {
        is_told = true;
        auto one = link;
        one.client = process_of(*from, call.record.ends.process);
        put(std::move(one));
      }
    if (!is_told) {
      link.client = process_of(*from, {});
      put(std::move(link));
    }
  }

  void put(drawn_link x) {
    auto n = links_.size();
    nodes_[x.client].out.push_back(n);
    nodes_[x.server].in.push_back(n);
    if (x.balancer != no_node)
      nodes_[x.balancer].carried.push_back(n);
    links_.push_back(std::move(x));
  }

  // -- nodes

  size_t node(node_kind kind, const world::host* host, std::string_view name) {
    auto [it, is_new] = places_.try_emplace(node_key{kind, host, name}, nodes_.size());
    if (is_new) {
      auto& x = nodes_.emplace_back();
      x.key = it->first;
      x.id = kind == node_kind::external ? fmt::format("external.{}", name)
             : kind == node_kind::vm     ? host->window->host_id
                                         : host->window->host_id + "." + shown_process(name);
    }
    return it->second;
  }

  size_t process_of(const world::host& host, std::string_view name) {
    auto n = node(node_kind::process, &host, name);
    if (n + 1 == nodes_.size()) { // It may be new, and then its host, too.
      auto vm = node(node_kind::vm, &host, {});
      auto& hosted = nodes_[vm].hosted;
      if (std::find(hosted.rbegin(), hosted.rend(), n) == hosted.rend())
        hosted.push_back(n);
    }
    return n;
  }

  // -- entities

  topology_entities entities() {
    name_links();
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

  void name_links() {
    for (auto& x : links_) {
      const auto& e = x.told->record.ends;
      x.id = fmt::format("{}@{}>", nodes_[x.client].id, e.client_ip);
      if (x.balancer != no_node)
        x.id += fmt::format(
          "{}@{}>", nodes_[x.balancer].id, base::with_port(e.virtual_ip, e.virtual_port));
      x.id += fmt::format("{}@{}/{}",
                          nodes_[x.server].id,
                          base::with_port(e.server_ip, e.server_port),
                          table_of(e.kind));
    }
  }

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

  /// Figures are those of the client's end: what a server tells alone is turned round.
  static link_figures client_figures(const window_link& x) {
    auto out = x.record.figures;
    if (x.record.ends.side == link_side::server) {
      std::swap(out[0], out[1]);
      std::swap(out[2], out[3]);
    }
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
  const picture_query& q_;
  const topology_rules& rules_;
  end_finder ends_;
  const world::host* alone_ = nullptr; ///< Nothing but what is within it.
  std::vector<drawn_node> nodes_;
  std::vector<drawn_link> links_;
  std::unordered_map<node_key, size_t, node_hash> places_;
  std::unordered_set<const window_link*> done_;
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
  return picture_maker{w, who, q, rules}.make();
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
