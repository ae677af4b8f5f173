#include "runtime/io/scrape/scrape_request.hpp"

#include "runtime/base/address.hpp"

#include <fmt/format.h>

namespace aops::scrape {

net::request scrape_request(const exporter& from, const scrape_limits& limits, size_t size_hint) {
  net::request r;
  r.url = fmt::format("http://{}{}", base::with_port(from.address, from.port), from.path);
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
    return fail(reply.result.error().code, "exporter " + reply.result.error().detail);
  if (reply.result->status != 200)
    return fail(ec::unreachable,
                fmt::format("exporter answers with HTTP status {}", reply.result->status));
  return std::move(reply.result->body);
}

} // namespace aops::scrape
