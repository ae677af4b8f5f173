#pragma once

#include "messages/error.hpp"
#include "messages/sample.hpp"
#include "runtime/io/net/http_multi.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace aops::prometheus_api {

/// A raw sample with the time at which the collector took it.
struct point {
  int64_t time_ms = 0;
  number value;
  friend bool operator==(const point&, const point&) = default;
};

/// One series of one host.
struct series {
  std::string instance;      ///< As the collector names it; `host_of` gives the host.
  series_key key;            ///< Without `instance` and `job`.
  std::vector<point> points; ///< In time order.
};

struct answer {
  std::vector<series> found; ///< Series without a point in the range are left out.
  std::vector<std::string> warnings;
};

/// Reads the JSON answer to an instant query. Points outside [from_ms, until_ms] are dropped: the
/// server's ends differ between versions. ec::corrupt when it is no such answer, ec::query_failed
/// or ec::timed_out when it says that the query failed.
expected<answer> parse_answer(std::string body, int64_t from_ms, int64_t until_ms);

/// Reads a whole reply. Errors as net::reply and parse_answer; ec::unreachable when something that
/// is no Prometheus answers for it.
expected<answer> read_reply(net::reply reply, int64_t from_ms, int64_t until_ms);

} // namespace aops::prometheus_api
