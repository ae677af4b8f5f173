#pragma once

#include "runtime/core/topology/window.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace aops::topology {

/// A run of links within a window.
struct link_range {
  const window_link* first = nullptr;
  const window_link* last = nullptr;
  const window_link* begin() const { return first; }
  const window_link* end() const { return last; }
  bool empty() const { return first == last; }
};

/// Links of a window of one kind and side; to one server; from one client to it. By their order.
link_range links_of(const host_window& w, link_kind kind, link_side side);
link_range
links_to(const host_window& w, link_kind kind, link_side side, const std::string& server_ip);
link_range links_to(const host_window& w,
                    link_kind kind,
                    link_side side,
                    const std::string& server_ip,
                    int32_t server_port);
link_range links_to(const host_window& w,
                    link_kind kind,
                    link_side side,
                    const std::string& server_ip,
                    int32_t server_port,
                    const std::string& client_ip);

/// The windows of all hosts, found by id, by an address of the host, and by an address that it
/// calls. For one thread at a time.
class world {
public:
  struct host {
    window_ptr window;
    std::vector<std::string> owned;  ///< Its addresses and those it balances, ascending.
    std::vector<std::string> called; ///< Addresses that it calls or hands on to, ascending.
    std::vector<std::string> handed; ///< Addresses that it hands on to by IPVS, ascending.
  };
  using hosts = std::map<std::string, host>;
  using host_list = std::vector<const host*>;

  /// Takes a window in, unless there is a newer one of its host. @returns Whether it did.
  bool put(window_ptr window);
  void remove(const std::string& host_id);
  window_ptr find(const std::string& host_id) const;
  const hosts& all() const { return hosts_; }
  size_t links() const { return links_; } ///< In all windows.

  /// Hosts that tell an address as their own, by id; those that call it; those of a machine id.
  const host_list& owners_of(const std::string& address) const;
  const host_list& callers_of(const std::string& address) const;
  const host_list& handing_to(const std::string& address) const; ///< By IPVS.
  const host_list& of_machine(const std::string& machine_id) const;

private:
  using index = std::unordered_map<std::string, host_list>;
  static const host_list& look_up(const index& in, const std::string& address);
  static void move(index& in,
                   const host& x,
                   const std::vector<std::string>& from,
                   const std::vector<std::string>& to);

  hosts hosts_;
  index owners_, callers_, handing_, machines_;
  size_t links_ = 0;
};

/// The process of a host that serves an address and port, as its own links say, else its listening
/// sockets, else what it balances. Empty: not known.
const std::string&
server_process(const host_window& w, const std::string& server_ip, int32_t server_port);

} // namespace aops::topology
