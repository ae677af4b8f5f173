#pragma once

#include "runtime/core/sockets/probe_record.hpp"
#include "runtime/core/sockets/proc_text.hpp"
#include "runtime/core/sockets/socket_row.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aops::sockets {

/// What a batch may have; what is more is left out, and `is_cut` tells.
inline constexpr size_t most_links = 4096, most_listening = 1024, most_processes = 1024,
                        most_pids = 64, most_addresses = 64, most_records = 1024;

/// Connections between one program here and one server, or between one program here that serves a
/// port and one client: client ports are aggregated away.
struct tcp_link {
  std::string process_name;
  std::vector<int> pids;
  bool is_server = false; ///< The program here is the one that listens.
  ip client, server;
  uint16_t server_port = 0;
  uint64_t link_count = 0;
  uint8_t known = 0;                       ///< A bit for each counter that the kernel told.
  std::array<uint64_t, counters> totals{}; ///< Within the period.
  std::array<uint64_t, counters> sums{};   ///< Since the link was first seen, for the exporter.
  bool knows_lost = false, knows_rtt = false;
  uint64_t lost = 0, rtt_us = 0, rtt_max_us = 0; ///< Of now; of the round trips the mean.

  bool knows(counter x) const { return (known >> x & 1U) != 0; }
  uint8_t family() const; ///< 2 or 10.
};

/// A port that somebody listens at.
struct listening {
  std::string process_name; ///< Empty: nobody who may be seen.
  std::vector<int> pids;
  ip address;
  uint16_t port = 0;
};

/// Processes of one name, user and program.
struct process_group {
  std::string name, user, command;
  std::vector<int> pids;
};

/// What a host tells about its sockets at one time.
struct batch {
  std::string machine_id, hostname, agent;
  std::vector<std::string> addresses;
  int64_t time_ms = 0, period_ms = 0;
  bool is_cut = false;
  std::vector<tcp_link> links; ///< Those with most connections first.
  std::vector<listening> ports;
  std::vector<process_group> processes;
  std::vector<ipvs_link> balanced;
  std::vector<probe_record> records;
};

/// As the node takes it, see docs/agent.md#what-is-sent. One line.
std::string to_json(const batch& x);

} // namespace aops::sockets
