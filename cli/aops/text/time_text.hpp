#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace aops::cli {

/// Seconds since 1970-01-01 UTC, both ends included.
struct time_range {
  int64_t start = 0, end = 0;
  friend bool operator==(const time_range&, const time_range&) = default;
};

/// `YYYYMMDD-HH:MM:SS`, or ISO 8601: `2024-03-01`, `2024-03-01T10:15`, `2024-03-01 10:15:30`, with
/// `Z` or an offset such as `+02:00` behind it, else in the local time zone → epoch seconds. A date
/// that does not exist is `ec::bad_request`.
expected<int64_t> parse_time(std::string_view text);

/// `90s`, `15m`, `1h30m`, `2d`, `1w`, or bare seconds → seconds, 1 s to 10 years. Greater units
/// come first.
expected<int64_t> parse_span(std::string_view text);

/// The form that `parse_time` reads.
std::string time_text(int64_t epoch_s);

/// `2024-03-01 10:15:30` local, milliseconds only when there are some.
std::string readable_time(double epoch_s);

} // namespace aops::cli
