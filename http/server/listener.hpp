#pragma once

#include "messages/error.hpp"
#include "runtime/base/units.hpp"

#include <functional>
#include <thread>

namespace aops::http {

/// A listening TCP socket (SO_REUSEADDR, never SO_REUSEPORT: two nodes must not share a port in
/// silence; a backlog of 1024) and the thread that takes connections from it.
class listener {
public:
  listener() = default;
  ~listener() { close(); }
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  /// ec::bad_request naming the address and why it cannot be had.
  expected<void> open(const base::endpoint& at);
  /// Hands each connection, non-blocking and without delay, to `take`, which owns it.
  void start(std::function<void(int socket)> take);
  /// Takes no connections until `start`; those that come meanwhile wait in the backlog.
  void rest();
  /// Takes no more connections.
  void close();

  uint16_t port() const { return port_; }

private:
  void accept_all(const std::function<void(int)>& take) const;

  int socket_ = -1, wake_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
};

} // namespace aops::http
