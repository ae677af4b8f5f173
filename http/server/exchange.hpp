#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// One request and its answer, free of the HTTP library.
namespace aops::http {

using text_pairs = std::vector<std::pair<std::string, std::string>>;

/// Whether two names, of headers or hosts, are the same: case does not matter.
bool same_name(std::string_view a, std::string_view b);

/// Without blanks and tabs at its ends.
std::string_view trim(std::string_view text);

struct http_request {
  std::string method; ///< `GET`, …
  std::string path;   ///< Decoded, without query.
  text_pairs query, headers;
  std::string body;
  std::string address;    ///< Of the client.
  bool is_secure = false; ///< Came by TLS.

  /// The first header of a name, empty when absent. Case does not matter, nor `_` for `-`.
  std::string_view header(std::string_view name) const;
};

/// Where a stream writes to.
class stream_sink {
public:
  virtual ~stream_sink() = default;
  /// On the wire at once; false when the client is gone or too slow.
  virtual bool write(std::string_view bytes) = 0;
  /// Whether the client is still there; does not wait.
  virtual bool is_open() = 0;
};

/// A body that comes piece by piece, for as long as it takes.
struct stream {
  std::string content_type = "text/event-stream";
  /// Called again and again by the connection's thread until it returns false. May wait, but must
  /// come back at once when the server stops (`http_server::on_stop`). Absent: there is nothing to
  /// come any more (HTTP 204, at which a browser's `EventSource` does not try again).
  std::function<bool(stream_sink&)> pump;
};

struct http_response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  text_pairs headers;
  std::shared_ptr<const std::string> shared_body; ///< Instead of `body`; goes out as it is.
  std::optional<stream> live;                     ///< Instead of a body.
};

} // namespace aops::http
