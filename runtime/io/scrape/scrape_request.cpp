#include "runtime/io/scrape/scrape_request.hpp"

#include <fmt/format.h>

namespace aops::scrape {

net::request scrape_request(const exporter& from, const scrape_limits& limits, size_t size_hint) {
  net::request r;
  bool bare_ipv6 = from.address.find(':') != std::string::npos;
  auto host = bare_ipv6 ? "[" + from.address + "]" : from.address;
  r.url = fmt::format("http://{}:{}{}", host, from.port, from.path);
  r.headers = {"Accept: text/plain;version=0.0.4;q=1,*/*;q=0.1"};
  r.connect_timeout = limits.connect_timeout;
  r.total_timeout = limits.total_timeout;
  r.max_bytes = limits.max_bytes;
  r.size_hint =
    size_hint + size_hint / 16; // Pages grow a little; a reallocation would copy all of it.
  return r;
}

expected<std::string> page_of(net::reply reply) {
  if (!reply.result)
    return fail(std::move(reply.result.error()));
  if (reply.result->status != 200)
    return fail(ec::unreachable,
                fmt::format("the exporter answers HTTP status {}", reply.result->status));
  return std::move(reply.result->body);
}

} // namespace aops::scrape
