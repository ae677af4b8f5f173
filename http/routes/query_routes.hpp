#pragma once

#include "http/routes/ask.hpp"
#include "http/server/route.hpp"

#include <vector>

namespace aops::http {

/// What of the configuration shows in answers.
struct scraping_facts {
  int64_t port = 9100; ///< Of exporters, where a host names none.
  int64_t period_ms = 15'000, timeout_ms = 10'000;
  std::string version;
};

/// The query API of Prometheus, `/api/v1/*`, over the hosts that the caller sees. See
/// docs/reference/query.md.
std::vector<foreign_route> query_routes(const node_port& port, const scraping_facts& facts);

/// How it tells an error: `{"status":"error","errorType":…,"error":…}`.
http_response prometheus_error(const error& e);

} // namespace aops::http
