#pragma once

#include "http/server/certificate.hpp"
#include "http/server/connection.hpp"
#include "http/server/dispatcher.hpp"
#include "http/server/listener.hpp"
#include "runtime/base/config.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace aops::http {

struct server_options {
  base::endpoint listen{"127.0.0.1", 0};
  std::optional<certificate_files> tls; ///< Absent: plain HTTP.
  size_t max_connections = 2048;
  connection_limits limits;
  std::string figures = "http"; ///< Names its metrics: `aops_http_connections`, …
};

/// What the sections `http` and `tls` ask for; makes the self-signed certificate when one is
/// needed.
expected<server_options> server_options_of(const base::config& c);

/// `https://127.0.0.1:11111`: where a server with these options is found that listens on `port`.
std::string base_url_of(const server_options& options, uint16_t port);

/// Serves a `service` over HTTP or HTTPS: one thread per open connection, from an elastic pool.
class http_server {
public:
  /// Listens when it returns. ec::bad_request naming the address, or the certificate, that cannot
  /// be used.
  static expected<std::unique_ptr<http_server>> start(const server_options& options, service what);

  /// The same on a socket that was opened before and stays open when the server ends, so that its
  /// successor has the same port and no client is refused in between.
  static expected<std::unique_ptr<http_server>>
  start(const server_options& options, service what, std::shared_ptr<listener> door);

  virtual ~http_server() = default; ///< Stops first.

  virtual uint16_t port() const = 0;
  virtual std::string base_url() const = 0; ///< `https://127.0.0.1:11111`
  virtual const json& openapi() const = 0;
  virtual size_t connections() const = 0;

  /// Called when `stop` begins: let streams end themselves. Add before the first stream opens.
  virtual void on_stop(std::function<void()> end_streams) = 0;

  /// Accepts no more; idle connections close, requests in progress are answered, for at most
  /// `grace`. Then what is left is cut. Once only; later calls do nothing.
  virtual void stop(std::chrono::milliseconds grace = std::chrono::seconds{5}) = 0;
};

} // namespace aops::http
