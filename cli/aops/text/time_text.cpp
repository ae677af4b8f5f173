#include "cli/aops/text/time_text.hpp"

#include "cli/aops/text/language.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <ctime>
#include <optional>

namespace aops::cli {

namespace {

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

/// What a text says a moment is, field by field.
struct written_time {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::optional<int> offset_s; ///< East of Greenwich; else local.
};

/// Reads fixed places; every one of them a digit or the mark that stands there.
/// @param form `Y`, `M`, `D`, `h`, `m`, `s` for digits, anything else for itself.
bool read_form(std::string_view text, std::string_view form, written_time& t) {
  if (text.size() != form.size())
    return false;
  for (size_t i = 0; i < form.size(); ++i) {
    int* field = form[i] == 'Y'   ? &t.year
                 : form[i] == 'M' ? &t.month
                 : form[i] == 'D' ? &t.day
                 : form[i] == 'h' ? &t.hour
                 : form[i] == 'm' ? &t.minute
                 : form[i] == 's' ? &t.second
                                  : nullptr;
    if (field == nullptr && text[i] != form[i])
      return false;
    if (field == nullptr)
      continue;
    if (text[i] < '0' || text[i] > '9')
      return false;
    *field = *field * 10 + (text[i] - '0');
  }
  return true;
}

/// Takes `Z` or `+02:00` (`+0200`, `+02`) from the end of the text.
std::string_view without_offset(std::string_view text, std::optional<int>& offset_s) {
  if (text.ends_with('Z') || text.ends_with('z')) {
    offset_s = 0;
    return text.substr(0, text.size() - 1);
  }
  auto sign = text.find_last_of("+-");
  auto clock = text.find(':');
  if (sign == std::string_view::npos || clock == std::string_view::npos || sign < clock)
    return text; // A dash of the date.
  written_time t;
  auto digits = text.substr(sign + 1);
  bool read = read_form(digits, "hh:mm", t) || read_form(digits, "hhmm", t = {}) ||
              read_form(digits, "hh", t = {});
  if (!read || t.hour > 14 || t.minute > 59)
    return text;
  offset_s = (text[sign] == '-' ? -1 : 1) * (t.hour * 3600 + t.minute * 60);
  return text.substr(0, sign);
}

std::optional<written_time> read_time(std::string_view text) {
  written_time t;
  if (read_form(text, "YYYYMMDD-hh:mm:ss", t))
    return t;
  std::optional<int> offset_s;
  std::string plain{without_offset(text, offset_s)};
  if (plain.size() > 10 && (plain[10] == ' ' || plain[10] == 't'))
    plain[10] = 'T';
  for (const auto* form : {"YYYY-MM-DD", "YYYY-MM-DDThh:mm", "YYYY-MM-DDThh:mm:ss"}) {
    t = {};
    if (read_form(plain, form, t)) {
      t.offset_s = offset_s;
      return t;
    }
  }
  return std::nullopt;
}

} // namespace

expected<int64_t> parse_time(std::string_view text) {
  auto wrong = [&](std::string_view why) {
    return fail(
      ec::bad_request,
      tr("`{}` {} (times look like 2024-03-01T10:15:30 or 20240301-10:15:30)", text, why));
  };
  auto t = read_time(text);
  if (!t)
    return wrong(tr("is no time"));
  std::tm parts{};
  parts.tm_year = t->year - 1900;
  parts.tm_mon = t->month - 1;
  parts.tm_mday = t->day;
  parts.tm_hour = t->hour;
  parts.tm_min = t->minute;
  parts.tm_sec = t->second;
  parts.tm_isdst = -1;
  auto result = static_cast<int64_t>(t->offset_s ? ::timegm(&parts) : std::mktime(&parts));
  // Both move what does not exist (30 February, a skipped hour) to a time that does.
  bool moved = parts.tm_year != t->year - 1900 || parts.tm_mon != t->month - 1 ||
               parts.tm_mday != t->day || parts.tm_hour != t->hour || parts.tm_min != t->minute ||
               parts.tm_sec != t->second;
  if (moved)
    return wrong(t->offset_s ? tr("does not exist") : tr("does not exist in this time zone"));
  result -= t->offset_s.value_or(0);
  if (result < 0)
    return wrong(tr("is before 1970"));
  return result;
}

expected<int64_t> parse_span(std::string_view text) {
  auto wrong = [&] {
    return fail(ec::bad_request, tr("`{}` is no duration (such as 90s, 15m, 1h30m, 2d, 1w)", text));
  };
  constexpr int64_t longest = int64_t{10} * 366 * 86400;
  int64_t sum = 0, before = longest;
  for (auto rest = text; !rest.empty() || text.empty();) {
    int64_t value = 0;
    auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (problem != std::errc{} || value < 0)
      return wrong();
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    auto unit = rest.substr(0, 1);
    // Bare seconds stand alone.
    int64_t factor = unit.empty() && before == longest ? 1
                     : unit == "s"                     ? 1
                     : unit == "m"                     ? 60
                     : unit == "h"                     ? 3600
                     : unit == "d"                     ? 86400
                     : unit == "w"                     ? 7 * 86400
                                                       : 0;
    if (factor == 0 || factor >= before || value > (longest - sum) / factor)
      return wrong();
    before = factor;
    sum += value * factor;
    rest.remove_prefix(unit.size());
  }
  if (sum < 1)
    return wrong();
  return sum;
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
