#include "runtime/core/topology/drawing.hpp"

#include "runtime/base/address.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::topology {

namespace {

bool is_stale(const end_finder& ends, const world::host* x) {
  return x && ends.state(*x) != host_state::live;
}

} // namespace

std::string shown_process(std::string_view name) {
  return name.empty() ? std::string{"?"} : std::string{name};
}

link_figures client_figures(const window_link& x) {
  auto out = x.record.figures;
  if (x.record.ends.side == link_side::server) {
    std::swap(out[0], out[1]);
    std::swap(out[2], out[3]);
  }
  return out;
}

drawing::drawing(const world& w,
                 const viewer& who,
                 const picture_query& q,
                 const topology_rules& rules)
    : world_(w), who_(who), q_(q), ends_(w, who, rules, q.now_ms) {
  if (q_.host_id.empty())
    draw_all();
  else
    draw_from(q_.host_id);
}

// -- which links

void drawing::draw_all() {
  for (const auto& [id, x] : world_.all())
    if (who_.find(id))
      draw_host(x);
  for (const auto& [id, x] : world_.all())
    if (who_.find(id) && ends_.state(x) != host_state::silent)
      draw_links(x);
}

void drawing::draw_from(const std::string& host_id) {
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
void drawing::draw_unwatched(const std::string& host_id) {
  const auto* seen = who_.find(host_id);
  auto address = seen ? plain_address(seen->address) : std::string{};
  if (address.empty())
    return;
  for (const auto* x : world_.callers_of(address))
    if (ends_.is_seen(*x))
      draw_calls(*x, address);
}

void drawing::draw_host(const world::host& x) {
  node(node_kind::vm, &x, {});
  if (ends_.state(x) == host_state::silent)
    return;
  for (const auto& s : x.window->listening)
    process_of(x, s.process);
}

void drawing::draw_links(const world::host& x) {
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
void drawing::draw_callers(const world::host& x) {
  if (alone_)
    return;
  for (const auto& address : x.owned)
    for (const auto* other : world_.callers_of(address))
      if (other != &x && ends_.is_seen(*other))
        draw_calls(*other, address);
}

void drawing::draw_calls(const world::host& from, const std::string& address) {
  for (const auto& link : links_to(*from.window, link_kind::tcp, link_side::client, address))
    draw_call(from, link);
  for (auto kind : {link_kind::ipvs, link_kind::nginx, link_kind::haproxy})
    for (const auto& link : links_to(*from.window, kind, link_side::balancer, address))
      draw_balanced(from, link);
}

// -- one link

bool drawing::is_full() {
  is_cut_ |= nodes_.size() + links_.size() >= q_.most_entities;
  return is_cut_;
}

/// Whether it is to be drawn now, for the first time.
bool drawing::begin(const world::host& of, const window_link& x, link_state& how) {
  how = ends_.state(of, x);
  return how != link_state::over && done_.insert(&x).second && !is_full();
}

bool drawing::is_left_out(const world::host* client, const world::host* server) const {
  return alone_ && (client != alone_ || server != alone_);
}

void drawing::draw_call(const world::host& from, const window_link& x) {
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

size_t drawing::server_node(const world::host* to, const link_ends& e) {
  return to ? process_of(*to, server_process(*to->window, e.server_ip, e.server_port))
            : node(node_kind::external, nullptr, e.server_ip);
}

/// What a server sees: the same link that its client tells of, or what a balancer handed on, or
/// else a link of its own.
void drawing::draw_served(const world::host& at, const window_link& x) {
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

bool drawing::draw_told_by(const world::host& from, const link_ends& e) {
  bool is_told = false;
  for (const auto& x : links_to(
         *from.window, link_kind::tcp, link_side::client, e.server_ip, e.server_port, e.client_ip))
    if (ends_.state(from, x) != link_state::over) {
      draw_call(from, x);
      is_told = true;
    }
  return is_told;
}

/// A server behind a balancer may see its client's address, and even be called by the balancer's.
bool drawing::draw_handed_on(const world::host& at, const link_ends& e) {
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

void drawing::draw_balanced(const world::host& at, const window_link& x) {
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

void drawing::put(drawn_link x) {
  auto n = links_.size();
  nodes_[x.client].out.push_back(n);
  nodes_[x.server].in.push_back(n);
  if (x.balancer != no_node)
    nodes_[x.balancer].carried.push_back(n);
  links_.push_back(std::move(x));
}

void drawing::name_links() {
  for (auto& x : links_) {
    const auto& e = x.told->record.ends;
    x.id = fmt::format("{}@{}>", nodes_[x.client].id, e.client_ip);
    if (x.balancer != no_node)
      x.id +=
        fmt::format("{}@{}>", nodes_[x.balancer].id, base::with_port(e.virtual_ip, e.virtual_port));
    x.id += fmt::format("{}@{}/{}",
                        nodes_[x.server].id,
                        base::with_port(e.server_ip, e.server_port),
                        table_of(e.kind));
  }
}

// -- nodes

size_t drawing::node(node_kind kind, const world::host* host, std::string_view name) {
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

size_t drawing::process_of(const world::host& host, std::string_view name) {
  auto n = node(node_kind::process, &host, name);
  if (n + 1 == nodes_.size()) { // It may be new, and then its host, too.
    auto vm = node(node_kind::vm, &host, {});
    auto& hosted = nodes_[vm].hosted;
    if (std::find(hosted.rbegin(), hosted.rend(), n) == hosted.rend())
      hosted.push_back(n);
  }
  return n;
}

} // namespace aops::topology
