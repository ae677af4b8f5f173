#pragma once

#include "messages/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace aops::actors {

/// Where a port answered: a numeric address, so that nobody asks for the name again.
struct reached_port {
  std::string address;
  uint16_t port = 0;
};

/// Connects to `host:port` and closes again. Blocks for at most `deadline` per address of the host
/// (two are tried), and as long as the resolver takes: not in an actor. CAF itself would wait two
/// minutes for a host that swallows packets, and everybody with it.
/// ec::bad_request for what is no `host:port`, ec::unreachable with the reason.
expected<reached_port> probe_port(const std::string& endpoint, std::chrono::milliseconds deadline);

} // namespace aops::actors
