#pragma once

#include "runtime/core/sockets/socket_row.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Lines of /proc.
namespace aops::sockets {

/// A line of /proc/net/tcp or tcp6: a row without figures. Nothing for the line of titles, and for
/// one that is none.
std::optional<socket_row> read_proc_tcp(std::string_view line);

/// The inode of what a descriptor leads to: `socket:[1234]`.
std::optional<uint32_t> inode_of_socket(std::string_view link);

/// Name and start (in ticks since boot) of a process, from /proc/PID/stat. A process may be called
/// anything, also `a) b`.
struct stat_line {
  std::string name;
  uint64_t start = 0;
};
std::optional<stat_line> read_stat(std::string_view text);

/// The effective user of /proc/PID/status.
std::optional<uint32_t> effective_user(std::string_view status);

/// Names by number, of /etc/passwd.
std::map<uint32_t, std::string> user_names(std::string_view passwd);

/// Connections that go through a balancer in the kernel, from one client to one server.
struct ipvs_link {
  ip client, virtual_ip, server;
  uint16_t virtual_port = 0, server_port = 0;
  uint64_t link_count = 0;
};

/// Of the lines of /proc/net/ip_vs_conn, those of TCP that are not over; the links with most
/// connections first.
/// @param most So many; the rest is left out.
std::vector<ipvs_link> read_ipvs(std::string_view text, size_t most);

} // namespace aops::sockets
