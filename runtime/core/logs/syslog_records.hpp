#pragma once

#include "messages/error.hpp"
#include "runtime/core/logs/record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Syslog as RFC 5424 has it, and how messages stand in a stream of bytes (RFC 6587).
namespace aops::logs {

/// A message longer than this ends the stream.
inline constexpr size_t most_syslog_bytes = most_message + 8192;

/// A message that was read.
struct syslog_message {
  record what; ///< Fits.
  /// Of an element `aops@32473`, in which `source` and `data_item` may stand, too; not among the
  /// fields.
  std::string token;
};

/// ec::bad_request with what is wrong with it: `PRI`, `VERSION`, `TIMESTAMP`, …
expected<syslog_message> read_syslog(std::string_view message);

/// Cuts a stream into messages: each begins with its length, or ends with a line feed; one stream
/// may have both.
class syslog_frames {
public:
  /// Bytes that came.
  void add(std::string_view bytes) { held_.append(bytes); }
  /// The next whole message, without its frame; nothing until more has come.
  std::optional<std::string> next();
  /// What remains at the end of the stream: a last line without a line feed.
  std::optional<std::string> rest();
  /// Whether a message is too long, or a length is none: nothing can be read any more.
  bool is_broken() const { return is_broken_; }
  size_t held_bytes() const { return held_.size() - place_; }

private:
  std::string held_;
  size_t place_ = 0;
  bool is_broken_ = false;
};

} // namespace aops::logs
