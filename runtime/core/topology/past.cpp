#include "runtime/core/topology/past.hpp"

#include "runtime/base/address.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/core/topology/ends.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace aops::topology {

namespace {

using host_index = std::unordered_map<std::string, const past_host*>;

host_index index_of(const std::vector<past_host>& hosts) {
  host_index out;
  for (const auto& x : hosts)
    out.emplace(x.host_id, &x);
  return out;
}

} // namespace

std::string key_of(const link_ends& e) {
  auto text = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}",
                          table_of(e.kind),
                          name_of(e.side),
                          e.process,
                          e.client_ip,
                          e.virtual_ip,
                          e.virtual_port,
                          e.local_ip,
                          e.server_ip,
                          e.server_port);
  constexpr size_t digits = 32;
  return base::sha256_hex(text).substr(0, digits);
}

int64_t end_of(const past_link& x, const past_host& of, int64_t silence_ms, int64_t now_ms) {
  if (x.end_ms != 0)
    return x.end_ms;
  return now_ms - of.seen_ms >= silence_ms ? std::max(of.seen_ms, x.begin_ms) : 0;
}

std::vector<host_window> windows_then(const std::vector<past_host>& hosts,
                                      const std::vector<past_link>& links,
                                      int64_t at_ms,
                                      int64_t now_ms,
                                      const topology_rules& rules) {
  auto silence = silence_of(rules);
  std::unordered_map<std::string, size_t> places;
  std::vector<host_window> out;
  for (const auto& x : hosts) {
    if (x.first_ms > at_ms)
      continue;
    bool is_gone = now_ms - x.seen_ms >= silence && x.seen_ms < at_ms;
    places.emplace(x.host_id, out.size());
    auto& w = out.emplace_back();
    w.host_id = x.host_id;
    w.machine_id = x.machine_id;
    w.hostname = x.hostname;
    w.addresses = x.addresses;
    w.received_ms = is_gone ? x.seen_ms : at_ms;
  }
  auto by_id = index_of(hosts);
  for (const auto& x : links) {
    auto place = places.find(x.host_id);
    if (place == places.end() || x.begin_ms > at_ms)
      continue;
    auto end = end_of(x, *by_id.at(x.host_id), silence, now_ms);
    if (end != 0 && end < at_ms)
      continue;
    auto& w = out[place->second];
    w.links.push_back({{x.ends, 0, no_figures}, x.begin_ms, w.received_ms, 0});
  }
  for (auto& w : out) {
    std::sort(w.addresses.begin(), w.addresses.end());
    std::sort(w.links.begin(), w.links.end(), [](const auto& a, const auto& b) {
      return a.record.ends < b.record.ends;
    });
    auto same = [](const auto& a, const auto& b) { return a.record.ends == b.record.ends; };
    w.links.erase(std::unique(w.links.begin(), w.links.end(), same), w.links.end());
  }
  return out;
}

topology_changes changes_of(const std::vector<past_host>& hosts,
                            const std::vector<past_link>& links,
                            const viewer& who,
                            const changes_wanted& q,
                            const topology_rules& rules) {
  // One world with all links of the time finds the hosts at their ends.
  auto everywhere = links;
  for (auto& x : everywhere) {
    x.begin_ms = 0;
    x.end_ms = q.now_ms;
  }
  auto known = hosts;
  for (auto& x : known)
    x.first_ms = 0;
  world w;
  for (auto& x : windows_then(known, everywhere, q.now_ms, q.now_ms, rules)) {
    x.received_ms = q.now_ms;
    for (auto& link : x.links)
      link.last_ms = q.now_ms;
    w.put(std::make_shared<host_window>(std::move(x)));
  }
  end_finder ends{w, who, rules, q.now_ms};
  auto by_id = index_of(hosts);
  topology_changes out;
  auto end =
    [&](const world::host* x, std::string_view process, const std::string& ip, int32_t port) {
      topology_end e;
      if (x) {
        e.host_id = x->window->host_id;
        const auto* seen = who.find(e.host_id);
        e.host_name = seen && !seen->name.empty() ? seen->name : x->window->hostname;
      } else if (const auto& id = who.managed_under(ip); !id.empty()) {
        e.host_id = id;
        e.host_name = who.find(id)->name;
      }
      e.process_name = process;
      e.address = ip;
      e.port = port;
      return e;
    };
  for (const auto& x : links) {
    auto at = w.all().find(x.host_id);
    if (at == w.all().end() || !who.find(x.host_id))
      continue;
    const auto& e = x.ends;
    const auto& here = at->second;
    topology_change change;
    change.type = type_of(e.kind);
    if (e.side == link_side::client) {
      const auto* to = ends.server_of(here, e);
      change.client = end(&here, e.process, e.client_ip, 0);
      change.server = end(to,
                          to ? server_process(*to->window, e.server_ip, e.server_port) : "",
                          e.server_ip,
                          e.server_port);
    } else {
      const auto* from = ends.client_of(here, e);
      if (e.side == link_side::server) {
        if (from && !links_to(*from->window,
                              link_kind::tcp,
                              link_side::client,
                              e.server_ip,
                              e.server_port,
                              e.client_ip)
                       .empty())
          continue; // Its client tells.
        change.server = end(&here, e.process, e.server_ip, e.server_port);
      } else {
        const auto* to = ends.behind(here, e);
        change.server = end(to,
                            to ? server_process(*to->window, e.server_ip, e.server_port) : "",
                            e.server_ip,
                            e.server_port);
      }
      change.client = end(from, "", e.client_ip, 0);
    }
    if (!q.host_id.empty() && x.host_id != q.host_id && change.client.host_id != q.host_id &&
        change.server.host_id != q.host_id)
      continue;
    auto add = [&](int64_t time, std::string_view what) {
      if (time < q.from_ms || time >= q.to_ms)
        return;
      change.time.ms = time;
      change.change = what;
      out.changes.push_back(change);
    };
    add(x.begin_ms, "began");
    if (auto over = end_of(x, *by_id.at(x.host_id), silence_of(rules), q.now_ms); over != 0)
      add(over, "ended");
  }
  auto key = [](const topology_change& x) {
    return std::tie(x.time.ms,
                    x.client.host_id,
                    x.client.address,
                    x.client.process_name,
                    x.server.address,
                    x.server.port,
                    x.type,
                    x.change);
  };
  std::sort(out.changes.begin(), out.changes.end(), [&](const auto& a, const auto& b) {
    return key(a) < key(b);
  });
  if (out.changes.size() > q.most) {
    out.changes.resize(q.most);
    out.is_cut = true;
  }
  return out;
}

// -- dependencies

address_owners owners_of(const std::vector<past_host>& hosts, const viewer& who) {
  address_owners out;
  for (const auto& x : hosts)
    if (who.find(x.host_id))
      for (const auto& address : x.addresses)
        out[address].push_back(x.host_id);
  return out;
}

dependency_walk::dependency_walk(const address_owners& owners,
                                 const viewer& who,
                                 const std::string& host_id,
                                 int64_t depth)
    : who_(who), owners_(owners), left_(depth), root_(host_id), wanted_{host_id} {}

std::string dependency_walk::host_at(const link_ends& e, const std::string& from) const {
  if (is_loopback(e.server_ip))
    return from;
  auto managed = who_.managed_under(e.server_ip);
  auto it = owners_.find(e.server_ip);
  if (it == owners_.end())
    return managed;
  const auto& all = it->second;
  auto is_one = [&](const std::string& id) {
    return std::find(all.begin(), all.end(), id) != all.end();
  };
  if (is_one(from))
    return from;
  if (is_link_local(e.server_ip))
    return {};
  return all.size() == 1 ? all.front() : is_one(managed) ? managed : std::string{};
}

void dependency_walk::give(const std::vector<past_link>& links) {
  auto level = std::exchange(wanted_, {});
  std::vector<const past_link*> calls;
  for (const auto& x : links) {
    if (x.ends.side == link_side::server && !x.ends.process.empty())
      servers_.try_emplace({x.host_id, {x.ends.server_ip, x.ends.server_port}}, x.ends.process);
    else if (x.ends.side != link_side::server &&
             std::find(level.begin(), level.end(), x.host_id) != level.end())
      calls.push_back(&x);
  }
  if (is_last_ || left_ == 0)
    return;
  --left_;
  std::sort(calls.begin(), calls.end(), [](const auto* a, const auto* b) {
    return std::tie(a->host_id, a->ends) < std::tie(b->host_id, b->ends);
  });
  for (const auto* x : calls) {
    auto to = host_at(x->ends, x->host_id);
    if (to.empty() || to == root_ || by_.contains(to) || !who_.find(to))
      continue;
    if (order_.size() >= most_hosts) {
      is_cut_ = true;
      break;
    }
    by_.emplace(to, step{x->host_id, x->ends.process, to, x->ends.server_ip, x->ends.server_port});
    order_.push_back(to);
    wanted_.push_back(to);
  }
  is_last_ = left_ == 0;
}

std::string dependency_walk::shown(const step& x) const {
  auto name = [&](const std::string& id, const std::string& process) {
    const auto* seen = who_.find(id);
    return (seen ? seen->name : id) + (process.empty() ? "" : " " + process);
  };
  auto it = servers_.find({x.to, {x.ip, x.port}});
  return fmt::format("{} -> {} {}",
                     name(x.from, x.process),
                     name(x.to, it == servers_.end() ? std::string{} : it->second),
                     base::with_port(x.ip, x.port));
}

dependencies dependency_walk::result() const {
  dependencies out;
  out.is_cut = is_cut_;
  for (const auto& id : order_) {
    auto& x = out.hosts.emplace_back();
    x.host_id = id;
    for (auto it = by_.find(id); it != by_.end(); it = by_.find(it->second.from))
      x.path.push_back(shown(it->second));
    std::reverse(x.path.begin(), x.path.end());
  }
  return out;
}

} // namespace aops::topology
