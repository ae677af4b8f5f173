#include "http/server/listener.hpp"

#include "runtime/base/log.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace aops::http {

namespace {

constexpr int backlog = 1024;

void switch_on(int socket, int level, int option) {
  int yes = 1;
  ::setsockopt(socket, level, option, &yes, sizeof yes);
}

/// A socket that listens at the address, else -1 with errno.
int listen_at(const addrinfo& at) {
  auto socket =
    ::socket(at.ai_family, at.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at.ai_protocol);
  if (socket < 0)
    return -1;
  switch_on(socket, SOL_SOCKET, SO_REUSEADDR);
  if (::bind(socket, at.ai_addr, at.ai_addrlen) == 0 && ::listen(socket, backlog) == 0)
    return socket;
  auto problem = errno;
  ::close(socket);
  errno = problem;
  return -1;
}

uint16_t port_of(int socket) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size);
  return ntohs(at.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(at).sin_port
                                       : reinterpret_cast<sockaddr_in6&>(at).sin6_port);
}

} // namespace

expected<void> listener::open(const base::endpoint& at) {
  addrinfo wanted{}, *found = nullptr;
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE;
  auto port = std::to_string(at.port);
  if (auto problem = ::getaddrinfo(at.host.c_str(), port.c_str(), &wanted, &found); problem != 0)
    return fail(ec::bad_request,
                fmt::format("cannot listen on {}: {}", to_string(at), ::gai_strerror(problem)));
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{found, &::freeaddrinfo};
  for (const auto* x = found; x && socket_ < 0; x = x->ai_next)
    socket_ = listen_at(*x);
  if (socket_ < 0)
    return fail(ec::bad_request,
                fmt::format("cannot listen on {}: {}", to_string(at), std::strerror(errno)));
  port_ = port_of(socket_);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0)
    return fail(ec::internal, "no event descriptor");
  return {};
}

void listener::start(std::function<void(int)> take) {
  thread_ = std::thread{[this, take = std::move(take)] { accept_all(take); }};
}

void listener::accept_all(const std::function<void(int)>& take) const {
  while (true) {
    std::array<pollfd, 2> p = {pollfd{wake_, POLLIN, 0}, pollfd{socket_, POLLIN, 0}};
    if (::poll(p.data(), p.size(), -1) < 0 && errno != EINTR)
      return;
    if (p[0].revents != 0)
      return;
    auto socket = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket >= 0) {
      switch_on(socket, IPPROTO_TCP, TCP_NODELAY);
      switch_on(socket, SOL_SOCKET, SO_KEEPALIVE);
      take(socket);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      log::warn("accept-failed", "cannot take a connection: {}", std::strerror(errno));
      ::poll(p.data(), 1, 100); // Until something is freed, or we stop.
    }
  }
}

void listener::rest() {
  if (!thread_.joinable())
    return;
  uint64_t count = 1;
  [[maybe_unused]] auto n = ::write(wake_, &count, sizeof count);
  thread_.join();
  n = ::read(wake_, &count, sizeof count);
}

void listener::close() {
  rest();
  for (auto* fd : {&socket_, &wake_})
    if (*fd >= 0) {
      ::close(*fd);
      *fd = -1;
    }
}

} // namespace aops::http
