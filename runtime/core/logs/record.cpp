#include "runtime/core/logs/record.hpp"

#include "runtime/base/time_text.hpp"
#include "runtime/base/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace aops::logs {

namespace {

constexpr std::array<std::string_view, 8> severities = {
  "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

constexpr std::array<std::string_view, 24> facilities = {
  "kern",   "user",   "mail",     "daemon", "auth",   "syslog",   "lpr",     "news",
  "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "security", "console", "clock",
  "local0", "local1", "local2",   "local3", "local4", "local5",   "local6",  "local7"};

constexpr std::array<std::pair<std::string_view, uint8_t>, 13> other_names = {{
  {"emergency", 0},
  {"panic", 0},
  {"fatal", 0},
  {"critical", 2},
  {"error", 3},
  {"severe", 3},
  {"warn", 4},
  {"information", 6},
  {"informational", 6},
  {"trace", 7},
  {"fine", 7},
  {"verbose", 7},
  {"dbg", 7},
}};

std::string lowered(std::string_view text) {
  std::string out{text.substr(0, 32)};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Cuts a text to whole characters and makes it UTF-8. @returns Whether it was longer.
bool fit_text(std::string& text, size_t most) {
  bool is_longer = text.size() > most;
  size_t place = 0;
  bool is_clean = true;
  while (place < text.size() && place < most) {
    auto n = static_cast<unsigned char>(text[place]) < 0x80
               ? 1
               : base::utf8_length(std::string_view{text}.substr(place));
    if (n == 0) {
      is_clean = false;
      n = 1;
    }
    if (place + n > most)
      break;
    place += n;
  }
  text.resize(std::min(place, text.size()));
  if (is_clean)
    return is_longer;
  std::string out;
  for (size_t i = 0; i < text.size();) {
    auto n = base::utf8_length(std::string_view{text}.substr(i));
    if (n == 0)
      base::append_utf8(out, 0xFFFD);
    else
      out.append(text, i, n);
    i += std::max<size_t>(n, 1);
  }
  text = std::move(out);
  // The sign for what is no character is longer than what it stands for.
  return text.size() > most ? fit_text(text, most) : is_longer;
}

constexpr int64_t second_ns = 1'000'000'000, most_seconds = 9'000'000'000;

} // namespace

void fit(record& x) {
  x.is_cut |= fit_text(x.message, most_message);
  x.is_cut |= fit_text(x.source, most_source);
  x.is_cut |= fit_text(x.program, most_program);
  x.is_cut |= fit_text(x.pid, most_pid);
  for (auto& [name, value] : x.fields) {
    x.is_cut |= fit_text(name, most_field_name);
    x.is_cut |= fit_text(value, most_field_value);
  }
  std::stable_sort(x.fields.begin(), x.fields.end(), [](const auto& a, const auto& b) {
    return a.first < b.first;
  });
  auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  x.fields.erase(std::unique(x.fields.begin(), x.fields.end(), same), x.fields.end());
  size_t kept = 0, bytes = 0;
  for (const auto& [name, value] : x.fields) {
    bytes += name.size() + value.size();
    if (kept == most_fields || bytes > most_field_bytes)
      break;
    ++kept;
  }
  x.is_cut |= kept < x.fields.size();
  x.fields.resize(kept);
  if (x.offset < 0)
    x.offset = no_offset;
  if (x.time_ns < 0)
    x.time_ns = 0;
}

std::string_view severity_name(uint8_t severity) {
  return severity < severities.size() ? severities[severity] : std::string_view{};
}

uint8_t severity_of(std::string_view text) {
  if (text.size() == 1 && text[0] >= '0' && text[0] <= '7')
    return static_cast<uint8_t>(text[0] - '0');
  auto name = lowered(text);
  if (auto it = std::find(severities.begin(), severities.end(), name); it != severities.end())
    return static_cast<uint8_t>(it - severities.begin());
  for (const auto& [other, severity] : other_names)
    if (other == name)
      return severity;
  return no_severity;
}

std::string_view facility_name(uint8_t facility) {
  return facility < facilities.size() ? facilities[facility] : std::string_view{};
}

uint8_t facility_of(std::string_view text) {
  auto name = lowered(text);
  if (auto it = std::find(facilities.begin(), facilities.end(), name); it != facilities.end())
    return static_cast<uint8_t>(it - facilities.begin());
  int number = -1;
  auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  bool is_one = read.ec == std::errc{} && read.ptr == text.data() + text.size() && number >= 0 &&
                number < no_facility;
  return is_one ? static_cast<uint8_t>(number) : no_facility;
}

int64_t time_of_number(double x) {
  if (!(x > 0) || x >= 9e18) // NaN, too.
    return 0;
  for (auto [below, factor] : {std::pair{1e11, 1e9}, {1e14, 1e6}, {1e17, 1e3}})
    if (x < below) {
      auto whole = std::floor(x); // Apart: a double has no room for all digits of the product.
      if (whole * factor >= 9e18)
        return 0;
      // Of times of today a double knows a quarter of a microsecond: what is below is chance.
      return static_cast<int64_t>(whole) * static_cast<int64_t>(factor) +
             std::llround((x - whole) * (factor / 1e3)) * 1000;
    }
  return std::llround(x);
}

int64_t time_of_number(int64_t x) {
  if (x <= 0)
    return 0;
  if (x < most_seconds)
    return x * second_ns;
  if (x < 100'000'000'000) // Seconds that nanoseconds do not reach.
    return 0;
  if (x < 100'000'000'000'000)
    return x > 9'000'000'000'000 ? 0 : x * 1'000'000;
  if (x < 100'000'000'000'000'000)
    return x > 9'000'000'000'000'000 ? 0 : x * 1'000;
  return x;
}

int64_t time_of_text(std::string_view text) {
  if (text.size() > 64)
    return 0;
  int64_t whole = 0;
  auto end = text.data() + text.size();
  if (auto read = std::from_chars(text.data(), end, whole);
      read.ec == std::errc{} && read.ptr == end)
    return time_of_number(whole);
  double real = 0;
  if (auto read = std::from_chars(text.data(), end, real);
      read.ec == std::errc{} && read.ptr == end)
    return time_of_number(real);
  constexpr size_t day = 10, second = 19; // `2026-03-01`, `2026-03-01T08:15:00`
  if (text.size() < second)
    return 0;
  std::string plain{text};
  if (plain[day] == ' ' || plain[day] == 't')
    plain[day] = 'T';
  // The fraction is read here: the rest of the product knows no more than milliseconds.
  int64_t fraction = 0;
  size_t place = second;
  if (place < plain.size() && (plain[place] == '.' || plain[place] == ',')) {
    int64_t unit = second_ns / 10;
    for (++place; place < plain.size() && plain[place] >= '0' && plain[place] <= '9'; ++place) {
      fraction += (plain[place] - '0') * unit;
      unit /= 10;
    }
  }
  auto zone = plain.substr(place);
  if (zone == "z" || zone.empty())
    zone = "Z";
  if (zone.size() == 5 && (zone[0] == '+' || zone[0] == '-')) // `+0100`
    zone.insert(3, ":");
  auto ms = base::parse_rfc3339(plain.substr(0, second) + zone);
  if (!ms || *ms <= 0 || *ms / 1000 >= most_seconds)
    return 0;
  return *ms * 1'000'000 + fraction;
}

} // namespace aops::logs
