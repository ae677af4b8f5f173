#pragma once

#include "runtime/core/topology/picture.hpp"

namespace aops::topology {

/// Finds the hosts at the ends of links, for one viewer at one moment. Where several hosts have an
/// address, the one whose own links tell of this one counts, then the one that is managed under it;
/// else none does: nothing is guessed.
class end_finder {
public:
  end_finder(const world& w, const viewer& who, const topology_rules& rules, int64_t now_ms)
      : world_(w), who_(who), rules_(rules), now_ms_(now_ms) {}

  /// Who serves a link of a host; null: an external address.
  const world::host* server_of(const world::host& client, const link_ends& e) const;
  /// Who calls a server by a link that the server, or a balancer, tells of.
  const world::host* client_of(const world::host& server, const link_ends& e) const;
  /// To whom a balancer hands a link on.
  const world::host* behind(const world::host& balancer, const link_ends& e) const;

  bool is_seen(const world::host& x) const { return who_.find(x.window->host_id) != nullptr; }
  host_state state(const world::host& x) const { return state_of(*x.window, rules_, now_ms_); }
  link_state state(const world::host& of, const window_link& x) const {
    return state_of(x, *of.window, rules_, now_ms_);
  }

private:
  /// @param tells `bool(const host_window&)`: whether that host's own links know of this one.
  template <class Tells>
  const world::host* owner(const std::string& address, const world::host& near, Tells tells) const;

  const world& world_;
  const viewer& who_;
  const topology_rules& rules_;
  int64_t now_ms_;
};

} // namespace aops::topology
