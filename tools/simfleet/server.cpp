#include "tools/simfleet/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <iterator>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace aops::simfleet {
namespace {

constexpr size_t max_request = 8192;

int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// Whether a request head has the header with that value, both in lower case here.
bool has_header(std::string_view head, std::string_view lower) {
  auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  return std::search(head.begin(), head.end(), lower.begin(), lower.end(), same) != head.end();
}

} // namespace

server::server(const listeners& fleet, const simulation& pages)
    : fleet_(fleet), pages_(pages), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGTERM);
  ::sigaddset(&ends, SIGINT);
  signals_ = ::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
  if (epoll_ < 0 || signals_ < 0)
    throw std::runtime_error(std::string("epoll: ") + std::strerror(errno));
  watch(signals_, EPOLLIN, EPOLL_CTL_ADD);
  for (size_t i = 0; i < fleet_.size(); ++i) {
    if (fleet_.of(i) == behaviour::swallows)
      continue;
    host_of_listener_[fleet_.socket(i)] = static_cast<uint32_t>(i);
    watch(fleet_.socket(i), EPOLLIN, EPOLL_CTL_ADD);
  }
}

server::~server() {
  for (const auto& [fd, c] : connections_)
    ::close(fd);
  ::close(signals_);
  ::close(epoll_);
}

void server::watch(int fd, uint32_t events, int change) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ::epoll_ctl(epoll_, change, fd, &event);
}

served server::run() {
  std::array<epoll_event, 256> events;
  for (;;) {
    int n = ::epoll_wait(epoll_, events.data(), events.size(), -1);
    for (int i = 0; i < n; ++i) {
      const auto& event = events[static_cast<size_t>(i)];
      int fd = event.data.fd;
      if (fd == signals_)
        return served_;
      if (auto listener = host_of_listener_.find(fd); listener != host_of_listener_.end())
        accept_all(listener->second);
      else if (auto c = connections_.find(fd); c != connections_.end() && event.events == EPOLLOUT)
        flush(fd, c->second);
      else if (c != connections_.end())
        on_readable(fd);
    }
  }
}

void server::accept_all(uint32_t host) {
  for (;;) {
    int fd = ::accept4(fleet_.socket(host), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
      return;
    int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++served_.connections;
    connections_[fd].host = host;
    watch(fd, EPOLLIN, EPOLL_CTL_ADD);
  }
}

void server::on_readable(int fd) {
  auto& c = connections_[fd];
  std::array<char, 4096> buffer;
  auto n = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
    drop(fd);
    return;
  }
  if (n < 0)
    return;
  c.in.append(buffer.data(), static_cast<size_t>(n));
  if (c.in.size() > max_request)
    drop(fd);
  else if (answer_requests(c))
    flush(fd, c);
}

/// True when there is something to send.
bool server::answer_requests(connection& c) {
  if (fleet_.of(c.host) == behaviour::stalls) {
    c.in.clear();
    return false;
  }
  size_t end = 0;
  while ((end = c.in.find("\r\n\r\n")) != std::string::npos) {
    answer(c, std::string_view(c.in).substr(0, end + 2));
    c.in.erase(0, end + 4);
  }
  return c.sent < c.out.size();
}

void server::answer(connection& c, std::string_view head) {
  bool known = head.starts_with("GET /metrics ") || head.starts_with("GET /metrics?");
  page_.clear();
  if (known)
    pages_.append_page(page_, c.host, now_ms());
  c.close_after = has_header(head, "\r\nconnection: close") || has_header(head, " http/1.0\r\n");
  fmt::format_to(
    std::back_inserter(c.out),
    "HTTP/1.1 {}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\n{}\r\n",
    known ? "200 OK" : "404 Not Found",
    page_.size(),
    c.close_after ? "Connection: close\r\n" : "");
  c.out += page_;
  ++served_.pages;
  served_.bytes += page_.size();
}

void server::flush(int fd, connection& c) {
  while (c.sent < c.out.size()) {
    auto n = ::send(fd, c.out.data() + c.sent, c.out.size() - c.sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN) {
      watch(fd, EPOLLOUT, EPOLL_CTL_MOD);
      return;
    }
    if (n < 0) {
      drop(fd);
      return;
    }
    c.sent += static_cast<size_t>(n);
  }
  c.out = {}; // Thousands of idle connections should not each keep a page.
  c.sent = 0;
  watch(fd, EPOLLIN, EPOLL_CTL_MOD);
  if (c.close_after)
    drop(fd);
}

void server::drop(int fd) {
  ::close(fd); // Leaves epoll by itself.
  connections_.erase(fd);
}

} // namespace aops::simfleet
