#include "cli/aops/text/time_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <ctime>

namespace aops::cli {

namespace {

/// The digits text[from, from+count) as a number, -1 when one is no digit.
int digits(std::string_view text, size_t from, size_t count) {
  int value = 0;
  for (size_t i = from; i < from + count; ++i) {
    if (text[i] < '0' || text[i] > '9')
      return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::tm local(int64_t epoch_s) {
  std::tm parts{};
  auto t = static_cast<std::time_t>(epoch_s);
  localtime_r(&t, &parts);
  return parts;
}

/// In the local time zone.
/// @param form Places for year, month, day, hour, minute, second.
std::string written(std::string_view form, int64_t epoch_s) {
  auto t = local(epoch_s);
  return fmt::format(
    fmt::runtime(form), t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

} // namespace

expected<int64_t> parse_time(std::string_view text) {
  auto wrong = [&](std::string_view why) {
    return fail(ec::bad_request,
                fmt::format("`{}` {} (times look like 20240301-10:15:30)", text, why));
  };
  if (text.size() != 17 || text[8] != '-' || text[11] != ':' || text[14] != ':')
    return wrong("is no time");
  std::tm parts{};
  int year = digits(text, 0, 4), month = digits(text, 4, 2), day = digits(text, 6, 2);
  int hour = digits(text, 9, 2), minute = digits(text, 12, 2), second = digits(text, 15, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0)
    return wrong("is no time");
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  parts.tm_mday = day;
  parts.tm_hour = hour;
  parts.tm_min = minute;
  parts.tm_sec = second;
  parts.tm_isdst = -1;
  auto result = static_cast<int64_t>(std::mktime(&parts));
  // mktime moves what does not exist (30 February, a skipped hour) to a time that does.
  if (time_text(result) != text)
    return wrong("does not exist in this time zone");
  if (result < 0)
    return wrong("is before 1970");
  return result;
}

expected<int64_t> parse_span(std::string_view text) {
  auto wrong = [&] {
    return fail(ec::bad_request,
                fmt::format("`{}` is no duration (such as 90s, 15m, 1h, 2d)", text));
  };
  int64_t value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{})
    return wrong();
  std::string_view unit{end, static_cast<size_t>(text.data() + text.size() - end)};
  int64_t factor = unit.empty() || unit == "s" ? 1
                   : unit == "m"               ? 60
                   : unit == "h"               ? 3600
                   : unit == "d"               ? 86400
                                               : 0;
  constexpr int64_t longest = int64_t{10} * 366 * 86400;
  if (factor == 0 || value < 1 || value > longest / factor)
    return wrong();
  return value * factor;
}

std::string time_text(int64_t epoch_s) {
  return written("{:04}{:02}{:02}-{:02}:{:02}:{:02}", epoch_s);
}

std::string readable_time(double epoch_s) {
  if (!(std::abs(epoch_s) < 1e13))
    return "?";
  auto ms = static_cast<int64_t>(std::llround(epoch_s * 1000));
  auto seconds = ms >= 0 ? ms / 1000 : (ms - 999) / 1000;
  auto text = written("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", seconds);
  auto rest = ms - seconds * 1000;
  return rest == 0 ? text : fmt::format("{}.{:03}", text, rest);
}

} // namespace aops::cli
