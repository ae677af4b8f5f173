#pragma once

#include "http/routes/ask.hpp"

namespace aops::http {

/// POST /topology/ingest: what an agent sees of its host, with the token of the host.
foreign_route topology_intake_route(const node_port& port);

} // namespace aops::http
