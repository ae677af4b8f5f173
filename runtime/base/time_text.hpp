#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace aops::base {

/// `2026-03-01T08:15:00Z`, cut to whole seconds. @param ms Milliseconds since 1970 UTC.
std::string utc_text(int64_t ms);

/// `2026-03-01T08:15:00.250Z`: the same with all milliseconds.
std::string exact_utc(int64_t ms);

/// Milliseconds since 1970 of a time of RFC 3339, what is less cut off:
/// `2026-03-01T09:15:00.25+01:00`. `T` and `Z` are capitals, seconds end at 59, zones at 23:59; a
/// comma may be the point, as Prometheus takes it. Else ec::bad_request.
expected<int64_t> parse_rfc3339(std::string_view text);

/// `20260301T081500Z`: the same for names of files.
std::string compact_utc(int64_t ms);

/// What `compact_utc` wrote; else ec::bad_request.
expected<int64_t> parse_compact_utc(std::string_view text);

/// A time of every day, on the wall clock of this machine: `02:00-04:00`; over midnight, too.
struct daily_window {
  int begin_min = 0, end_min = 0; ///< Minutes from midnight, the end not included.

  bool contains(int minute_of_day) const;
  /// When the window that this moment is in began, in milliseconds; nothing outside of it.
  /// @param minute_of_day Of `now_ms`, by the clock that the window is of.
  /// @return -1 outside of it.
  int64_t began_ms(int64_t now_ms, int minute_of_day) const;
};

/// `HH:MM-HH:MM` of two different times; else ec::bad_request.
expected<daily_window> parse_daily_window(std::string_view text);

/// Minutes from midnight in this machine's time zone.
int local_minute_of_day(int64_t ms);

} // namespace aops::base
