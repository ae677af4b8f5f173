#pragma once

#include "messages/error.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

/// Connections on which hosts send syslog. Knows bytes, not messages.
namespace aops::syslog {

struct door {
  std::string host; ///< An address.
  uint16_t port = 0;
  bool is_tls = false;
};

struct certificates {
  std::string certificate, key; ///< PEM files; read again when they change.
  std::string ca; ///< PEM file of authorities of clients; empty: clients prove nothing.
};

/// Who is at the other end of a connection.
struct peer {
  uint64_t connection = 0;
  std::string address;
  std::vector<std::string> names; ///< In the certificate that it proved.
};

struct server_options {
  std::vector<door> doors;
  certificates tls;
  size_t most_connections = 2048;
  /// A connection that says nothing for so long is closed; 0: none is.
  std::chrono::milliseconds most_idle{0};

  /// Bytes of a connection, in a thread of the server; empty ones at its end. Calls `done`, in any
  /// thread, once more can be taken; false ends the connection.
  std::function<void(const peer&, std::string bytes, std::function<void(bool)> done)> take;
  /// The connection is gone.
  std::function<void(uint64_t connection)> gone;
  /// Called about once a second.
  std::function<void()> each_look;
};

/// Listens for as long as it lives.
class server {
public:
  /// ec::internal with the door, or the file, that does not serve.
  static expected<std::unique_ptr<server>> start(server_options options);
  virtual ~server() = default;
  /// The addresses where it listens, with ports, in the order of the doors.
  virtual std::vector<std::string> addresses() const = 0;
};

} // namespace aops::syslog
