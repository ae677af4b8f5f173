#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

/// TCP sockets of a host, who holds them, and whom they talk to. See docs/agent.md.
namespace aops::sockets {

/// An IP address in one form: IPv4 is kept as it is mapped into IPv6, so that both ways of writing
/// one are the same address.
struct ip {
  std::array<uint8_t, 16> bytes{};

  bool is_v4() const;
  bool is_wildcard() const; ///< `0.0.0.0` or `::`.
  friend auto operator<=>(const ip&, const ip&) = default;
};

/// @param bytes The four of IPv4, in the order of the network.
ip ip_of_v4(const uint8_t* bytes);
/// @param bytes The sixteen of IPv6.
ip ip_of_v6(const uint8_t* bytes);
/// `10.0.0.1`, `2001:db8::1`.
std::string to_string(const ip& x);

/// What is counted of a connection since its beginning.
enum counter : uint8_t { rx_bytes, tx_bytes, packets_in, packets_out, retran_packets, counters };
/// As records call them.
std::string_view name_of(counter x);

/// States of the kernel, of which only some matter.
inline constexpr uint8_t state_established = 1, state_syn_sent = 2, state_syn_recv = 3,
                         state_fin_wait1 = 4, state_fin_wait2 = 5, state_time_wait = 6,
                         state_close_wait = 8, state_last_ack = 9, state_listen = 10,
                         state_closing = 11;

/// One socket as the kernel tells it.
struct socket_row {
  /// Of this socket alone, whatever is reused; the inode where the kernel tells no cookie.
  uint64_t cookie = 0;
  uint32_t inode = 0; ///< 0: no process holds it.
  uint32_t uid = 0;
  uint16_t local_port = 0, remote_port = 0;
  uint8_t state = 0;
  bool is_v6_only = false; ///< Listens at `::` without taking IPv4.
  uint8_t known = 0;       ///< A bit for each counter that the kernel told.
  bool knows_lost = false, knows_rtt = false;
  uint32_t lost = 0, rtt_us = 0; ///< Of now.
  ip local, remote;
  std::array<uint64_t, counters> totals{};

  bool knows(counter x) const { return (known >> x & 1U) != 0; }
  void tell(counter x, uint64_t total) {
    known = static_cast<uint8_t>(known | 1U << x);
    totals[x] = total;
  }
};

} // namespace aops::sockets
