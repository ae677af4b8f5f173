#include "tools/simfleet/listeners.hpp"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace aops::simfleet {
namespace {

constexpr int attempts_at_a_free_port = 20;

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

int new_socket(int flags) {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (fd < 0)
    give_up("socket");
  return fd;
}

sockaddr_in address_of(uint32_t address, uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_addr.s_addr = htonl(address);
  result.sin_port = htons(port);
  return result;
}

sockaddr_in name_of(int fd) {
  sockaddr_in result{};
  socklen_t size = sizeof result;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&result), &size) != 0)
    give_up("getsockname");
  return result;
}

} // namespace

listeners::listeners(uint32_t first_address, uint16_t port, std::vector<behaviour> hosts)
    : hosts_(std::move(hosts)) {
  int attempts = port == 0 ? attempts_at_a_free_port : 1;
  for (int i = 0; i < attempts; ++i) {
    if (open_all(first_address, port))
      return;
    close_all();
  }
  errno = EADDRINUSE;
  give_up("port " + std::to_string(port));
}

listeners::~listeners() { close_all(); }

/// False when the port is taken on one of the addresses. The first host picks it when it is 0.
bool listeners::open_all(uint32_t first_address, uint16_t port) {
  port_ = port;
  for (size_t i = 0; i < hosts_.size(); ++i) {
    int fd = new_socket(SOCK_NONBLOCK);
    sockets_.push_back(fd);
    int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    auto at = address_of(first_address + static_cast<uint32_t>(i), port_);
    bool swallows = hosts_[i] == behaviour::swallows;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(fd, swallows ? 0 : 128) != 0) {
      if (errno == EADDRINUSE)
        return false;
      give_up("bind");
    }
    port_ = ntohs(name_of(fd).sin_port);
    if (swallows)
      swallow(fd);
  }
  return true;
}

/// A queue of length 0 takes one connection. Once it is full and nobody accepts, Linux drops
/// further first packets in silence, so that a client sees what it sees of a machine that is gone.
void listeners::swallow(int listener) {
  int fd = new_socket(0);
  fillers_.push_back(fd);
  auto to = name_of(listener);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    give_up("connect");
}

void listeners::close_all() {
  for (auto* fds : {&sockets_, &fillers_}) {
    for (int fd : *fds)
      ::close(fd);
    fds->clear();
  }
}

} // namespace aops::simfleet
