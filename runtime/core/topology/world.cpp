#include "runtime/core/topology/world.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace aops::topology {

namespace {

/// The links whose ends, as far as `key` looks at them, are `wanted`.
template <class Key, class Wanted>
link_range range_by(const host_window& w, Key key, const Wanted& wanted) {
  auto first = std::partition_point(w.links.begin(), w.links.end(), [&](const window_link& x) {
    return key(x.record.ends) < wanted;
  });
  auto last = std::partition_point(
    first, w.links.end(), [&](const window_link& x) { return !(wanted < key(x.record.ends)); });
  return {w.links.data() + (first - w.links.begin()), w.links.data() + (last - w.links.begin())};
}

std::vector<std::string> called_by(const host_window& w) {
  std::vector<std::string> out;
  for (const auto& x : w.links) {
    const auto& e = x.record.ends;
    if (e.side != link_side::server && !is_loopback(e.server_ip) &&
        (out.empty() || out.back() != e.server_ip))
      out.push_back(e.server_ip);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::string> handed_by(const host_window& w) {
  std::vector<std::string> out;
  for (const auto& x : links_of(w, link_kind::ipvs, link_side::balancer))
    out.push_back(x.record.ends.server_ip);
  out.erase(std::unique(out.begin(), out.end()), out.end()); // Links are by their server.
  return out;
}

/// What is called by clients of a balancer is its own, too: it need not be on any interface.
std::vector<std::string> owned_by(const host_window& w) {
  auto out = w.addresses;
  for (const auto& x : links_of(w, link_kind::ipvs, link_side::balancer))
    out.push_back(x.record.ends.virtual_ip);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool is_before(const world::host* a, const world::host* b) {
  return a->window->host_id < b->window->host_id;
}

} // namespace

link_range links_of(const host_window& w, link_kind kind, link_side side) {
  return range_by(
    w, [](const link_ends& e) { return std::tie(e.kind, e.side); }, std::tie(kind, side));
}

link_range
links_to(const host_window& w, link_kind kind, link_side side, const std::string& server_ip) {
  return range_by(
    w,
    [](const link_ends& e) { return std::tie(e.kind, e.side, e.server_ip); },
    std::tie(kind, side, server_ip));
}

link_range links_to(const host_window& w,
                    link_kind kind,
                    link_side side,
                    const std::string& server_ip,
                    int32_t server_port) {
  return range_by(
    w,
    [](const link_ends& e) { return std::tie(e.kind, e.side, e.server_ip, e.server_port); },
    std::tie(kind, side, server_ip, server_port));
}

link_range links_to(const host_window& w,
                    link_kind kind,
                    link_side side,
                    const std::string& server_ip,
                    int32_t server_port,
                    const std::string& client_ip) {
  return range_by(
    w,
    [](const link_ends& e) {
      return std::tie(e.kind, e.side, e.server_ip, e.server_port, e.client_ip);
    },
    std::tie(kind, side, server_ip, server_port, client_ip));
}

const world::host_list& world::look_up(const index& in, const std::string& address) {
  static const host_list nobody;
  auto it = in.find(address);
  return it == in.end() ? nobody : it->second;
}

void world::move(index& in,
                 const host& x,
                 const std::vector<std::string>& from,
                 const std::vector<std::string>& to) {
  if (from == to)
    return;
  for (const auto& address : from) {
    if (std::binary_search(to.begin(), to.end(), address))
      continue;
    auto it = in.find(address);
    std::erase(it->second, &x);
    if (it->second.empty())
      in.erase(it);
  }
  for (const auto& address : to) {
    if (std::binary_search(from.begin(), from.end(), address))
      continue;
    auto& list = in[address];
    list.insert(std::lower_bound(list.begin(), list.end(), &x, is_before), &x);
  }
}

bool world::put(window_ptr window) {
  auto [it, is_new] = hosts_.try_emplace(window->host_id);
  auto& x = it->second;
  if (!is_new && x.window->received_ms > window->received_ms)
    return false;
  links_ += window->links.size();
  if (!is_new)
    links_ -= x.window->links.size();
  auto old = std::exchange(x.window, std::move(window));
  static const std::vector<std::string> none;
  auto owned = owned_by(*x.window), called = called_by(*x.window), handed = handed_by(*x.window);
  move(owners_, x, x.owned, owned);
  move(callers_, x, x.called, called);
  move(handing_, x, x.handed, handed);
  move(machines_, x, old ? std::vector{old->machine_id} : none, {x.window->machine_id});
  x.owned = std::move(owned);
  x.called = std::move(called);
  x.handed = std::move(handed);
  return true;
}

void world::remove(const std::string& host_id) {
  auto it = hosts_.find(host_id);
  if (it == hosts_.end())
    return;
  const auto& x = it->second;
  move(owners_, x, x.owned, {});
  move(callers_, x, x.called, {});
  move(handing_, x, x.handed, {});
  move(machines_, x, {x.window->machine_id}, {});
  links_ -= x.window->links.size();
  hosts_.erase(it);
}

window_ptr world::find(const std::string& host_id) const {
  auto it = hosts_.find(host_id);
  return it == hosts_.end() ? nullptr : it->second.window;
}

const world::host_list& world::owners_of(const std::string& address) const {
  return look_up(owners_, address);
}

const world::host_list& world::callers_of(const std::string& address) const {
  return look_up(callers_, address);
}

const world::host_list& world::handing_to(const std::string& address) const {
  return look_up(handing_, address);
}

const world::host_list& world::of_machine(const std::string& machine_id) const {
  return look_up(machines_, machine_id);
}

const std::string&
server_process(const host_window& w, const std::string& server_ip, int32_t server_port) {
  static const std::string unknown;
  for (const auto& x : links_to(w, link_kind::tcp, link_side::server, server_ip, server_port))
    if (!x.record.ends.process.empty())
      return x.record.ends.process;
  const std::string* any = nullptr;
  for (const auto& x : w.listening) {
    if (x.port != server_port || x.process.empty())
      continue;
    if (x.address == server_ip)
      return x.process;
    if (is_any_address(x.address) && !any)
      any = &x.process;
  }
  if (any)
    return *any;
  for (const auto& x : links_of(w, link_kind::ipvs, link_side::balancer))
    if (x.record.ends.virtual_ip == server_ip && x.record.ends.virtual_port == server_port)
      return x.record.ends.process;
  return unknown;
}

} // namespace aops::topology
