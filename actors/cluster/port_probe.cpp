#include "actors/cluster/port_probe.hpp"

#include "actors/cluster/connect_attempt.hpp"
#include "runtime/base/units.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <sys/socket.h>

namespace aops::actors {

namespace {

constexpr int most_addresses = 2;

std::string numeric(const addrinfo& a) {
  char text[NI_MAXHOST] = "";
  ::getnameinfo(a.ai_addr, a.ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  return text;
}

} // namespace

expected<reached_port> probe_port(const std::string& endpoint, std::chrono::milliseconds deadline) {
  auto at = base::parse_endpoint(endpoint);
  if (!at)
    return fail(at.error());
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* raw = nullptr;
  if (auto code = ::getaddrinfo(at->host.c_str(), std::to_string(at->port).c_str(), &hints, &raw);
      code != 0)
    return fail(ec::unreachable, at->host + ": " + ::gai_strerror(code));
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all{raw, ::freeaddrinfo};
  int error = EHOSTUNREACH, tried = 0;
  for (auto* a = raw; a != nullptr && tried < most_addresses; a = a->ai_next, ++tried) {
    error = connect_attempt(*a, deadline);
    if (error == 0)
      return reached_port{numeric(*a), at->port};
  }
  return fail(ec::unreachable, std::strerror(error));
}

} // namespace aops::actors
