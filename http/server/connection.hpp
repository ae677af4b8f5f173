#pragma once

#include "http/server/dispatcher.hpp"
#include "http/server/request_head.hpp"
#include "http/server/transport.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

namespace aops::http {

/// How patient a connection is, and what it lets in.
struct connection_limits {
  head_limits head;
  std::chrono::milliseconds header_timeout{10'000}, body_timeout{30'000}, keep_alive{2'000},
    write_timeout{10'000};
};

/// Makes requests out of bytes and bytes out of answers: cpp-httplib's parser and writer, without
/// its sockets. One for all connections.
class http_engine {
public:
  http_engine(dispatcher& to, connection_limits limits);
  ~http_engine();
  const connection_limits& limits() const { return limits_; }

  class connection_state;
  /// Reads one request whose head is there and answers it; false when the connection must close.
  bool answer(connection_state& c, bool close_after);

private:
  class server;
  connection_limits limits_;
  std::unique_ptr<server> server_;
};

/// One client. `run` lasts as long as the connection; the rest may be called from other threads
/// meanwhile.
class connection {
public:
  connection(http_engine& engine, std::unique_ptr<transport> over);
  ~connection();

  /// @param must_close Asked before each answer: whether the connection has to end with it.
  void run(const std::function<bool()>& must_close);

  /// Lets an answer or stream in progress end, then closes.
  void stop();
  /// Closes now.
  void cut();

private:
  std::unique_ptr<http_engine::connection_state> state_;
  http_engine& engine_;
};

} // namespace aops::http
