#pragma once

#include "runtime/io/net/http_multi.hpp"

#include <cstdint>

namespace aops::scrape {

/// An exporter.
struct exporter {
  std::string address; ///< IPv4, IPv6 without brackets, or a name.
  uint16_t port = 9100;
  std::string path = "/metrics";
};

/// How one scrape is limited.
struct scrape_limits {
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds total_timeout{10'000}; ///< Less than the sample period.
  size_t max_bytes = size_t{16} << 20;
};

/// @param size_hint Length of the last page, 0 when unknown.
net::request
scrape_request(const exporter& from, const scrape_limits& limits, size_t size_hint = 0);

/// The page of an answer. Errors as net::reply, ec::unreachable for any HTTP status but 200; the
/// detail is a sentence for users, `exporter refused the connection at 192.0.2.1:9100`.
expected<std::string> page_of(net::reply reply);

} // namespace aops::scrape
