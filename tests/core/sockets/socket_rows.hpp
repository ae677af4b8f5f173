#pragma once

#include "runtime/core/sockets/link_table.hpp"
#include "runtime/core/sockets/socket_row.hpp"

#include <arpa/inet.h>
#include <map>
#include <string>

/// Sockets and owners for tests.
namespace aops::tests {

inline sockets::ip address(const std::string& text) {
  uint8_t bytes[16] = {};
  if (::inet_pton(AF_INET, text.c_str(), bytes) == 1)
    return sockets::ip_of_v4(bytes);
  ::inet_pton(AF_INET6, text.c_str(), bytes);
  return sockets::ip_of_v6(bytes);
}

inline sockets::socket_row listener_row(uint32_t inode, const std::string& at, uint16_t port) {
  sockets::socket_row row;
  row.cookie = row.inode = inode;
  row.state = sockets::state_listen;
  row.local = address(at);
  row.remote = address(row.local.is_v4() ? "0.0.0.0" : "::");
  row.local_port = port;
  return row;
}

/// Its cookie is its inode.
inline sockets::socket_row connection_row(uint32_t inode,
                                          const std::string& local,
                                          uint16_t local_port,
                                          const std::string& remote,
                                          uint16_t remote_port) {
  sockets::socket_row row;
  row.cookie = row.inode = inode;
  row.state = sockets::state_established;
  row.local = address(local);
  row.remote = address(remote);
  row.local_port = local_port;
  row.remote_port = remote_port;
  return row;
}

/// Who holds what, as a test says.
class holders {
public:
  void add(uint32_t inode, int pid, const std::string& name, const std::string& user = "root") {
    all_[inode] = {pid, name, user, name};
  }
  void remove(uint32_t inode) { all_.erase(inode); }
  sockets::link_table::owner_of asked() const {
    return [this](uint32_t inode) {
      auto it = all_.find(inode);
      return it == all_.end() ? nullptr : &it->second;
    };
  }

private:
  std::map<uint32_t, sockets::process> all_;
};

} // namespace aops::tests
