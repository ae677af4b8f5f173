#include "actors/cluster/tcp_probe.hpp"

#include <cerrno>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace aops::actors {

namespace {

class socket_handle {
public:
  explicit socket_handle(int fd) : fd_(fd) {}
  ~socket_handle() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  socket_handle(const socket_handle&) = delete;
  socket_handle& operator=(const socket_handle&) = delete;
  int get() const { return fd_; }

private:
  int fd_;
};

/// Where somebody listens, not where he is reached: it would mean this machine.
bool is_any(const addrinfo& to) {
  if (to.ai_family == AF_INET)
    return reinterpret_cast<const sockaddr_in*>(to.ai_addr)->sin_addr.s_addr == INADDR_ANY;
  return to.ai_family == AF_INET6 &&
         IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(to.ai_addr)->sin6_addr);
}

/// 0: connected; else why not.
int outcome_of(const addrinfo& to, std::chrono::milliseconds patience) {
  socket_handle s{::socket(to.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (s.get() < 0)
    return errno;
  if (::connect(s.get(), to.ai_addr, to.ai_addrlen) == 0)
    return 0;
  if (errno != EINPROGRESS)
    return errno;
  pollfd event{s.get(), POLLOUT, 0};
  if (::poll(&event, 1, static_cast<int>(patience.count())) != 1)
    return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(s.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0)
    return errno;
  return error;
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
    if (is_any(*x) || outcome_of(*x, patience) != ECONNREFUSED)
      return false;
  return found != nullptr;
}

} // namespace aops::actors
