#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aops::cli {

/// One server-sent event.
struct stream_event {
  std::string name = "message";
  std::string data; ///< Lines joined by `\n`.
  std::string id;   ///< The last id the stream has given, not only this event's.
};

/// Reads a `text/event-stream` that arrives in any pieces (HTML standard, "Server-sent events"):
/// CR, LF and CRLF end lines, comments are skipped, several data lines join. An event of more than
/// 1 MiB breaks the stream.
class event_stream {
public:
  /// The events that `bytes` completes.
  std::vector<stream_event> feed(std::string_view bytes);

  /// To be sent as `Last-Event-ID` after a reconnect; empty when none was given.
  const std::string& last_id() const { return last_id_; }

  /// True once an event was too long; nothing more is read then.
  bool broken() const { return broken_; }

  /// Forgets what is incomplete, keeps the last id: a new connection begins.
  void reconnect();

private:
  void end_line(std::vector<stream_event>& events);
  void take_field(std::string_view name, std::string_view value);

  std::string line_, data_, name_, last_id_;
  bool has_data_ = false, after_return_ = false, broken_ = false, at_start_ = true;
};

} // namespace aops::cli
