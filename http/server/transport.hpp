#pragma once

#include "messages/error.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace aops::http {

using steady_time = std::chrono::steady_clock::time_point;

/// One end of a connection: bytes in and out of a non-blocking socket, each step with a deadline.
/// Used by one thread, but for `stop_reading` and `cut`.
class transport {
public:
  virtual ~transport();
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  /// What precedes the first byte, such as a TLS handshake; false when it fails or takes too long.
  virtual bool begin(steady_time deadline) = 0;
  /// Reads what is there, at least one byte. 0: the peer closed, or the deadline passed
  /// (`timed_out` tells), or an error.
  virtual size_t read(char* to, size_t size, steady_time deadline) = 0;
  /// Writes everything. False when the peer is gone or takes nothing for `patience`.
  virtual bool write(std::string_view bytes, std::chrono::milliseconds patience) = 0;
  /// Bytes that arrived and were not read yet; without waiting.
  virtual bool has_pending() = 0;
  virtual bool is_encrypted() const { return false; }

  /// Waits for the first byte of something; false at the deadline or when the peer closed.
  bool wait_readable(steady_time deadline);
  /// Whether the peer has closed or reset the connection, without waiting.
  bool is_peer_gone() const;
  bool timed_out() const { return timed_out_; }

  /// From any thread: reading ends as if the peer had closed; what is being answered can still be
  /// written.
  void stop_reading();
  /// From any thread: nothing goes in or out any more.
  void cut();
  /// Says goodbye and waits a moment for the peer to have read everything: closing over unread
  /// input would reset the connection and lose the answer.
  void close_gently();

  std::string remote_address() const; ///< IPv4-mapped addresses in IPv4 form.

protected:
  explicit transport(int socket) : socket_(socket) {}
  /// Waits for POLLIN or POLLOUT; false at the deadline.
  bool wait(short events, steady_time deadline);
  virtual void say_goodbye() {}

  int socket_; ///< Owned.
  bool timed_out_ = false;
};

/// @param socket Non-blocking; owned from now on.
std::unique_ptr<transport> plain_transport(int socket);

/// Certificate and key of a server, shared by its connections.
class tls_context {
public:
  /// TLS 1.2 and newer. ec::bad_request when a file cannot be read or they do not belong together.
  static expected<std::shared_ptr<tls_context>> load(const std::string& certificate_file,
                                                     const std::string& key_file);
  ~tls_context();
  std::unique_ptr<transport> wrap(int socket) const;

private:
  explicit tls_context(void* context) : context_(context) {}
  void* context_; ///< SSL_CTX.
};

} // namespace aops::http
