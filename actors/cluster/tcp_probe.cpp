#include "actors/cluster/tcp_probe.hpp"

#include "actors/cluster/connect_attempt.hpp"

#include <cerrno>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace aops::actors {

namespace {

/// Where somebody listens, not where he is reached: it would mean this machine.
bool is_any(const addrinfo& to) {
  if (to.ai_family == AF_INET)
    return reinterpret_cast<const sockaddr_in*>(to.ai_addr)->sin_addr.s_addr == INADDR_ANY;
  return to.ai_family == AF_INET6 &&
         IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(to.ai_addr)->sin6_addr);
}

} // namespace

bool refuses_connections(const std::string& address, std::chrono::milliseconds patience) {
  auto colon = address.rfind(':');
  if (colon == std::string::npos)
    return false;
  auto host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &found) != 0)
    return false;
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> list{found, ::freeaddrinfo};
  for (auto* x = found; x; x = x->ai_next)
    if (is_any(*x) || connect_attempt(*x, patience) != ECONNREFUSED)
      return false;
  return found != nullptr;
}

} // namespace aops::actors
