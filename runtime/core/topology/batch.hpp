#pragma once

#include "messages/error.hpp"
#include "runtime/core/topology/link.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aops::topology {

/// What an agent saw of its host at one moment.
struct batch {
  std::string machine_id, hostname, agent;
  std::vector<std::string> addresses; ///< Plain, ascending, without those of loopback.
  int64_t time_ms = 0;                ///< By the host's clock.
  int64_t period_ms = 0;              ///< What figures count within.
  bool is_cut = false;                ///< There was more than was told or is taken.
  std::vector<link_record> links;     ///< By their ends, each once.
  std::vector<listening_socket> listening;
  std::vector<process_info> processes; ///< By name, each once.
};

/// What a batch may have; of more the rest is left out.
inline constexpr size_t most_addresses = 256, most_listening = 1024, most_processes = 1024,
                        most_pids = 64;
/// Bytes; longer names are cut.
inline constexpr size_t most_name = 64, most_hostname = 255, most_agent = 64, most_machine_id = 64;

/// Reads a batch. Links of the same ends are one, with the sum of what they count. ec::bad_request
/// with the field, such as `links[3].server_port: must be from 1 to 65535`; unknown members are
/// ignored.
/// @param most_links Links and records together; of more the rest is left out.
expected<batch> parse_batch(std::string_view body, size_t most_links);

} // namespace aops::topology
