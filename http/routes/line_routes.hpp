#pragma once

#include "http/routes/ask.hpp"

#include <vector>

namespace aops::http {

/// POST /v1/logs, POST /logs/ingest: lines that hosts send, in the formats of collectors, each with
/// the token of its host.
std::vector<foreign_route> line_intake_routes(const node_port& port);

} // namespace aops::http
