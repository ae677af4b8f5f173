#pragma once

#include "tools/simfleet/listeners.hpp"
#include "tools/simfleet/simulation.hpp"
#include <unordered_map>

namespace aops::simfleet {

/// What a run amounted to.
struct served {
  uint64_t pages = 0;
  uint64_t bytes = 0;
  uint64_t connections = 0;
};

/// Answers `GET /metrics` for a whole fleet on one thread with epoll; keeps connections open.
class server {
public:
  /// Both must outlive it. Throws std::runtime_error.
  server(const listeners& fleet, const simulation& pages);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Serves until SIGTERM or SIGINT, which the caller has blocked in every thread.
  served run();

private:
  struct connection {
    uint32_t host = 0;
    std::string in;
    std::string out;
    size_t sent = 0;
    bool close_after = false;
  };

  void watch(int fd, uint32_t events, int change);
  void accept_all(uint32_t host);
  void on_readable(int fd);
  bool answer_requests(connection& c);
  void answer(connection& c, std::string_view head);
  void flush(int fd, connection& c);
  void drop(int fd);

  const listeners& fleet_;
  const simulation& pages_;
  int epoll_ = -1;
  int signals_ = -1;
  std::unordered_map<int, uint32_t> host_of_listener_;
  std::unordered_map<int, connection> connections_;
  std::string page_; ///< Reused.
  served served_;
};

} // namespace aops::simfleet
