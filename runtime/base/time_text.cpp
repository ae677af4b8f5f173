#include "runtime/base/time_text.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>

namespace aops::base {

namespace {

constexpr int minutes_per_day = 24 * 60;
constexpr int64_t minute_ms = 60'000;

std::tm utc_parts(int64_t ms) {
  // Towards the past: also before 1970.
  auto seconds = static_cast<std::time_t>(ms / 1000 - (ms % 1000 < 0 ? 1 : 0));
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return parts;
}

/// A number of so many digits and nothing else, or -1.
int digits(std::string_view text) {
  int out = 0;
  for (char c : text) {
    if (c < '0' || c > '9')
      return -1;
    out = out * 10 + (c - '0');
  }
  return out;
}

/// `HH:MM` as minutes from midnight, or -1.
int minute_of(std::string_view text) {
  if (text.size() != 5 || text[2] != ':')
    return -1;
  auto hour = digits(text.substr(0, 2)), minute = digits(text.substr(3));
  return hour < 0 || hour > 23 || minute < 0 || minute > 59 ? -1 : hour * 60 + minute;
}

/// Takes a fraction of a second off the front: its milliseconds; 0 when there is none, -1 when no
/// digit follows the point.
int take_fraction(std::string_view& text) {
  if (text.empty() || (text[0] != '.' && text[0] != ','))
    return 0;
  text.remove_prefix(1);
  auto count = std::min(text.find_first_not_of("0123456789"), text.size());
  int out = 0, weight = 100;
  for (size_t i = 0; i < count && weight > 0; ++i, weight /= 10)
    out += weight * (text[i] - '0');
  text.remove_prefix(count);
  return count > 0 ? out : -1;
}

/// By how many minutes the clock of a zone is ahead: `Z`, `+08:00`.
std::optional<int> zone_of(std::string_view text) {
  if (text == "Z")
    return 0;
  if (text.empty() || (text[0] != '+' && text[0] != '-'))
    return std::nullopt;
  auto minutes = minute_of(text.substr(1));
  if (minutes < 0)
    return std::nullopt;
  return text[0] == '-' ? -minutes : minutes;
}

/// Days since 1970.
std::optional<int64_t> days_of(int year, int month, int day) {
  namespace chrono = std::chrono;
  if (year < 0 || month < 1 || day < 1)
    return std::nullopt;
  chrono::year_month_day date{chrono::year{year},
                              chrono::month{static_cast<unsigned>(month)},
                              chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok())
    return std::nullopt;
  return chrono::sys_days{date}.time_since_epoch().count();
}

} // namespace

std::string utc_text(int64_t ms) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc_parts(ms)); }

std::string exact_utc(int64_t ms) {
  auto text = utc_text(ms);
  text.pop_back();
  return fmt::format("{}.{:03}Z", text, (ms % 1000 + 1000) % 1000);
}

expected<int64_t> parse_rfc3339(std::string_view text) {
  constexpr size_t size = std::string_view{"2026-03-01T08:15:00"}.size();
  if (text.size() > size && text[4] == '-' && text[7] == '-' && text[10] == 'T' &&
      text[16] == ':') {
    auto number = [&](size_t at, size_t count) { return digits(text.substr(at, count)); };
    auto day = days_of(number(0, 4), number(5, 2), number(8, 2));
    auto minute = minute_of(text.substr(11, 5)), second = number(17, 2);
    auto rest = text.substr(size);
    auto milli = take_fraction(rest);
    auto zone = zone_of(rest);
    if (day && minute >= 0 && second >= 0 && second <= 59 && milli >= 0 && zone)
      return ((*day * minutes_per_day + minute - *zone) * 60 + second) * 1000 + milli;
  }
  return fail(ec::bad_request, "must be a time such as 2026-03-01T08:15:00Z");
}

std::string compact_utc(int64_t ms) { return fmt::format("{:%Y%m%dT%H%M%SZ}", utc_parts(ms)); }

expected<int64_t> parse_compact_utc(std::string_view text) {
  std::tm parts{};
  auto number = [&](size_t at, size_t size) { return digits(text.substr(at, size)); };
  if (text.size() == 16 && text[8] == 'T' && text[15] == 'Z') {
    parts.tm_year = number(0, 4) - 1900;
    parts.tm_mon = number(4, 2) - 1;
    parts.tm_mday = number(6, 2);
    parts.tm_hour = number(9, 2);
    parts.tm_min = number(11, 2);
    parts.tm_sec = number(13, 2);
    auto ms = static_cast<int64_t>(::timegm(&parts)) * 1000;
    if (compact_utc(ms) == text) // `timegm` would take a 31st of February.
      return ms;
  }
  return fail(ec::bad_request, "must be a time such as 20260301T081500Z");
}

bool daily_window::contains(int minute_of_day) const {
  return begin_min < end_min ? begin_min <= minute_of_day && minute_of_day < end_min
                             : begin_min <= minute_of_day || minute_of_day < end_min;
}

int64_t daily_window::began_ms(int64_t now_ms, int minute_of_day) const {
  if (!contains(minute_of_day))
    return -1;
  auto since = (minute_of_day - begin_min + minutes_per_day) % minutes_per_day;
  return now_ms - now_ms % minute_ms - since * minute_ms;
}

expected<daily_window> parse_daily_window(std::string_view text) {
  daily_window out;
  if (text.size() == 11 && text[5] == '-') {
    out = {minute_of(text.substr(0, 5)), minute_of(text.substr(6))};
    if (out.begin_min >= 0 && out.end_min >= 0 && out.begin_min != out.end_min)
      return out;
  }
  return fail(ec::bad_request, "must be two different times of a day, such as 02:00-04:00");
}

int local_minute_of_day(int64_t ms) {
  auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return parts.tm_hour * 60 + parts.tm_min;
}

} // namespace aops::base
