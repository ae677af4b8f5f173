#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace aops::simfleet {

/// What becomes of a connection to a host.
enum class behaviour : uint8_t {
  answers,
  stalls,   ///< Is accepted and never answered.
  swallows, ///< Gets no answer to its first packet, as from a machine that is cut off.
};

/// The listening sockets of a fleet: one per host, all on one port.
class listeners {
public:
  /// Host `i` listens on `first_address` + i, which lies in 127.0.0.0/8.
  /// @param port 0: a port that is free on all of them.
  /// Throws std::runtime_error.
  listeners(uint32_t first_address, uint16_t port, std::vector<behaviour> hosts);
  ~listeners();
  listeners(const listeners&) = delete;
  listeners& operator=(const listeners&) = delete;

  uint16_t port() const { return port_; }
  behaviour of(size_t host) const { return hosts_[host]; }
  size_t size() const { return hosts_.size(); }
  int socket(size_t host) const { return sockets_[host]; }

private:
  bool open_all(uint32_t first_address, uint16_t port);
  void swallow(int listener);
  void close_all();

  std::vector<behaviour> hosts_;
  std::vector<int> sockets_;
  std::vector<int> fillers_; ///< Connections that keep the queue of a swallowing host full.
  uint16_t port_ = 0;
};

} // namespace aops::simfleet
