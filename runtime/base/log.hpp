#pragma once

#include "messages/error.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// One log for the process. A line is a stable event name to search and alert on, then a sentence:
///
///     log::warn("round-failed", "{} gets no samples from {}: {}", job, host, to_string(err));
///
/// Control characters in messages are escaped, so nobody can forge a line. Works before `init`
/// (text, info, standard error). All functions may be called from any thread.
namespace aops::log {

enum class level : uint8_t { debug, info, warn, error, off };
enum class format : uint8_t { text, json };

struct log_config {
  level lowest = level::info;
  format form = format::text;
  std::string file; ///< Empty: standard error. Else a file of mode 0640 that rotates.
  size_t max_bytes = 30 * 1024 * 1024; ///< Size at which the file rotates.
  size_t max_files = 40;               ///< Rotated files kept beside the current one.
};

/// `debug|info|warn|error|off`, else ec::bad_request.
expected<level> parse_level(std::string_view text);

/// Replaces the process-wide log. ec::internal when the file cannot be opened; the former log stays
/// then.
expected<void> init(const log_config& config);

/// Writes out what a file log still buffers.
void flush();

bool is_on(level l);

/// One line as a text or JSON log shows it, without the line end. `time_ms` is UTC.
std::string
render(format form, int64_t time_ms, level l, std::string_view event, std::string_view message);

namespace detail {
void write(level l, std::string_view event, fmt::string_view form, fmt::format_args args);
} // namespace detail

/// *debug* is for us.
template <class... Args>
void debug(std::string_view event, fmt::format_string<Args...> form, Args&&... args) {
  if (is_on(level::debug))
    detail::write(level::debug, event, form, fmt::make_format_args(args...));
}

/// *info* learns that the node changed and needs no knowledge of the code.
template <class... Args>
void info(std::string_view event, fmt::format_string<Args...> form, Args&&... args) {
  if (is_on(level::info))
    detail::write(level::info, event, form, fmt::make_format_args(args...));
}

/// *warn* looks today.
template <class... Args>
void warn(std::string_view event, fmt::format_string<Args...> form, Args&&... args) {
  if (is_on(level::warn))
    detail::write(level::warn, event, form, fmt::make_format_args(args...));
}

/// *error* acts now.
template <class... Args>
void error(std::string_view event, fmt::format_string<Args...> form, Args&&... args) {
  if (is_on(level::error))
    detail::write(level::error, event, form, fmt::make_format_args(args...));
}

/// For tests: while it lives, lines of every level are kept here instead of being written.
class capture {
public:
  struct line {
    level l;
    std::string event, message;
  };
  capture();
  ~capture();
  capture(const capture&) = delete;
  capture& operator=(const capture&) = delete;
  std::vector<line> lines() const;
  size_t count(std::string_view event) const; ///< Lines of this event.
  std::string text() const;                   ///< All lines, to search for what must not be there.

  struct store; ///< Known to log.cpp only.

private:
  std::shared_ptr<store> store_;
};

} // namespace aops::log
