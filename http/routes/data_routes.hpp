#pragma once

#include "http/routes/ask.hpp"

#include <cstdint>
#include <vector>

namespace aops::http {

/// Where the internal interface is offered, and to whom.
enum class data_door : uint8_t {
  services, ///< On a listener of its own, to services: each request names its user.
  users,    ///< Beside the contract, to an administrator: each request is about himself.
};

/// `/data/*`: what other services keep here and read.
std::vector<route> data_routes(const node_port& port, data_door door);

} // namespace aops::http
