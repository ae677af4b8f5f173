#include "runtime/core/topology/ends.hpp"

#include <algorithm>

namespace aops::topology {

namespace {

bool balances(const host_window& w, const link_ends& e) {
  auto all = links_of(w, link_kind::ipvs, link_side::balancer);
  return std::any_of(all.begin(), all.end(), [&](const window_link& x) {
    const auto& b = x.record.ends;
    return b.virtual_ip == e.server_ip && b.virtual_port == e.server_port;
  });
}

} // namespace

template <class Tells>
const world::host*
end_finder::owner(const std::string& address, const world::host& near, Tells tells) const {
  if (is_loopback(address))
    return &near;
  const world::host *only = nullptr, *telling = nullptr, *managed = nullptr;
  size_t found = 0, told = 0;
  for (const auto* x : world_.owners_of(address)) {
    if (!is_seen(*x) || state(*x) == host_state::silent)
      continue;
    if (x == &near)
      return x;
    ++found;
    only = x;
    if (who_.managed_under(address) == x->window->host_id)
      managed = x;
  }
  if (found == 1 && !is_link_local(address))
    return only;
  if (found == 0)
    return nullptr;
  for (const auto* x : world_.owners_of(address))
    if (is_seen(*x) && state(*x) != host_state::silent && tells(*x->window)) {
      ++told;
      telling = x;
    }
  return told == 1 ? telling : managed;
}

const world::host* end_finder::server_of(const world::host& client, const link_ends& e) const {
  auto tells = [&](const host_window& w) {
    return !links_to(w, link_kind::tcp, link_side::server, e.server_ip, e.server_port, e.client_ip)
              .empty();
  };
  const auto& owners = world_.owners_of(e.server_ip);
  if (owners.size() > 1) // Servers behind a balancer may have its address, too.
    for (const auto* x : owners)
      if (x != &client && is_seen(*x) && state(*x) != host_state::silent && balances(*x->window, e))
        return x;
  return owner(e.server_ip, client, tells);
}

const world::host* end_finder::client_of(const world::host& server, const link_ends& e) const {
  bool is_balanced = e.side == link_side::balancer;
  const auto& ip = is_balanced ? e.virtual_ip : e.server_ip;
  auto port = is_balanced ? e.virtual_port : e.server_port;
  return owner(e.client_ip, server, [&](const host_window& w) {
    return !links_to(w, link_kind::tcp, link_side::client, ip, port, e.client_ip).empty();
  });
}

const world::host* end_finder::behind(const world::host& balancer, const link_ends& e) const {
  return owner(e.server_ip, balancer, [&](const host_window& w) {
    return !links_to(w, link_kind::tcp, link_side::server, e.server_ip, e.server_port).empty();
  });
}

} // namespace aops::topology
