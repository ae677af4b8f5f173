#pragma once

#include "messages/error.hpp"
#include "runtime/io/net/resolver.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace aops::net {

/// One GET, or one POST with `body` when that is set; or what `verb` names.
struct request {
  std::string url; ///< http or https.
  bool post = false;
  std::string body;                 ///< Of a POST.
  std::vector<std::string> headers; ///< `Name: value`; may hold secrets, never shown.
  std::chrono::milliseconds connect_timeout{2000}; ///< To each address; and to find the name.
  std::chrono::milliseconds total_timeout{
    10'000};                           ///< From submission to the last byte; must be positive.
  size_t max_bytes = size_t{16} << 20; ///< Of the (unpacked) body; more is refused.
  size_t size_hint = 0;                ///< About how long the body will be; saves growing.
  std::string
    expect_content; ///< Beginning of the media type, such as `application/json`; empty: any.
  bool accept_gzip = false; ///< Saves network, costs processor time.
  std::string ca_file = {}; ///< For https; empty: that of the client.
  std::string verb =
    {}; ///< Instead of GET or POST, such as `DELETE`; then redirects are not followed.
  /// Whose connections it may reuse. Requests that go out at the same time, again and again, share
  /// a lane: see `http_multi_options::lanes`.
  size_t lane = 0;
};

struct response {
  int status = 0;
  std::string content_type; ///< Empty when the server names none.
  std::string body;
};

/// How a request ended. The detail of an error says what the peer did, to be read after its name:
/// `refused the connection at 192.0.2.1:9100`.
///
/// Errors: ec::bad_request (URL), ec::unreachable (no connection, name, or broken off),
/// ec::timed_out, ec::query_failed (answer too large or of another media type), ec::cancelled
/// (stopped). Any HTTP status is a response.
struct reply {
  expected<response> result;
  std::chrono::microseconds took{}; ///< From its start on the wire to its end.
  bool too_large = false;           ///< The error is that `max_bytes` was exceeded.
};

struct http_multi_options {
  size_t max_outstanding = 8192; ///< Requests submitted and not yet answered.
  /// Connections kept open for the next request; about the number of hosts. With several lanes each
  /// keeps its share of them, and half as many again: they are not filled alike.
  size_t max_idle = 4096;
  /// Groups of kept connections, from 1; `request::lane` counts modulo this. libcurl looks at every
  /// connection of a group that rests, once in each second in which the group gets a request. In
  /// one group, a thousand hosts that are asked in turns are looked at a thousand times a second.
  size_t lanes = 1;
  std::chrono::seconds max_idle_age{300};
  /// At once to one host and port, further requests wait; 0: no limit.
  size_t max_host_connections = 0;
  std::string ca_file; ///< For https; empty: the system's.
  resolver_options names;
};

/// Counters since the start.
struct http_multi_stats {
  uint64_t outstanding = 0;
  uint64_t succeeded = 0; ///< Ended with a response, whatever its status.
  uint64_t failed = 0;
  uint64_t refused = 0;  ///< Never taken in: overloaded.
  uint64_t connects = 0; ///< Connections opened; the rest were reused.
  uint64_t bytes = 0;    ///< Of bodies.
};

/// Runs any number of HTTP requests at once on one thread of its own: libcurl's
/// `multi_socket_action` on epoll. Hosts that swallow packets delay nobody else. Keeps connections
/// alive and reuses them; follows at most 3 redirects of a GET, never to another host or port; uses
/// no proxy. Names are found by `resolver`, so that a connection is never kept to an address that
/// is a name's no more; of several addresses those that refuse are passed over. What a lane is, a
/// request does not notice, but for the connections it may reuse.
class http_multi {
public:
  /// Runs on the I/O thread, exactly once for each accepted request: hand the reply on and return.
  /// It may submit, must not stop or destroy the object, and must not throw. While the object is
  /// being stopped it may run on another thread.
  using callback = std::function<void(reply)>;

  /// ec::internal when the system has no more descriptors or threads.
  static expected<std::unique_ptr<http_multi>> start(http_multi_options options = {});

  /// Stops.
  ~http_multi();

  /// Takes a request in, from any thread. ec::overloaded when `max_outstanding` is reached,
  /// ec::cancelled when stopped: then `done` is not called.
  expected<void> submit(request what, callback done);

  /// Ends the thread. What is outstanding fails with ec::cancelled before this returns. Idempotent;
  /// by one thread at a time.
  void stop();

  http_multi_stats stats() const;

private:
  class loop;
  explicit http_multi(std::unique_ptr<loop> loop);
  std::unique_ptr<loop> loop_;
};

} // namespace aops::net
