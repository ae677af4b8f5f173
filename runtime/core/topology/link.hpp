#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Which process of which host talks to which. See docs/topology.md.
namespace aops::topology {

enum class link_kind : uint8_t { tcp, ipvs, nginx, haproxy };
inline constexpr std::array<std::string_view, 4> link_tables = {
  "tcp_link", "ipvs_link", "nginx_link", "haproxy_link"};
inline constexpr std::array<std::string_view, 4> link_types = {
  "TCP_LINK", "IPVS_LINK", "NGINX_LINK", "HAPROXY_LINK"};
constexpr std::string_view table_of(link_kind x) { return link_tables[static_cast<size_t>(x)]; }
constexpr std::string_view type_of(link_kind x) { return link_types[static_cast<size_t>(x)]; }

/// Which end of a TCP link tells of it; what balancers tell has none.
enum class link_side : uint8_t { client, server, balancer };
inline constexpr std::array<std::string_view, 3> link_sides = {"client", "server", ""};
constexpr std::string_view name_of(link_side x) { return link_sides[static_cast<size_t>(x)]; }

/// What makes it this link, as one host sees it. Addresses are in their one form. In an order by
/// which ends are found: links of a kind and a side stand together, those to one server, too.
struct link_ends {
  link_kind kind = link_kind::tcp;
  link_side side = link_side::client;
  std::string server_ip;
  int32_t server_port = 0;
  std::string client_ip;
  std::string virtual_ip; ///< Of balancers: where clients call. Else empty.
  int32_t virtual_port = 0;
  std::string local_ip; ///< Of balancers that call by an address of their own. Else empty.
  std::string process;  ///< Empty: the agent could not see.

  friend auto operator<=>(const link_ends&, const link_ends&) = default;
  friend bool operator==(const link_ends&, const link_ends&) = default;
};

enum class figure : uint8_t {
  rx_bytes,
  tx_bytes,
  packets_in,
  packets_out,
  retran_packets,
  lost_packets,
  rtt,
  rtt_max
};
inline constexpr size_t figure_count = 8;
inline constexpr std::array<std::string_view, figure_count> figure_names = {"rx_bytes",
                                                                            "tx_bytes",
                                                                            "packets_in",
                                                                            "packets_out",
                                                                            "retran_packets",
                                                                            "lost_packets",
                                                                            "rtt",
                                                                            "rtt_max"};
/// How many of them count within a period; the others are microseconds, of now.
inline constexpr size_t counted_figures = 6;
inline constexpr int64_t not_told = -1;

using link_figures = std::array<int64_t, figure_count>;
inline constexpr link_figures no_figures = {
  not_told, not_told, not_told, not_told, not_told, not_told, not_told, not_told};

struct link_record {
  link_ends ends;
  int64_t count = 0; ///< Connections.
  link_figures figures = no_figures;

  int64_t at(figure x) const { return figures[static_cast<size_t>(x)]; }
  friend bool operator==(const link_record&, const link_record&) = default;
};

struct process_info {
  std::string name, user, command;
  std::vector<int64_t> pids; ///< Ascending.
  friend bool operator==(const process_info&, const process_info&) = default;
};

struct listening_socket {
  std::string address; ///< `0.0.0.0`, `::`: any.
  int32_t port = 0;
  std::string process;
  friend auto operator<=>(const listening_socket&, const listening_socket&) = default;
};

/// An address in its one form: IPv4 also of `::ffff:192.0.2.1`, without brackets and zone. Empty
/// when it is none.
std::string plain_address(std::string_view text);
bool is_loopback(std::string_view plain);
bool is_any_address(std::string_view plain);
/// Good on one wire only: many hosts have the same.
bool is_link_local(std::string_view plain);

} // namespace aops::topology
