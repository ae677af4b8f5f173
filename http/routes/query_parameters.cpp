#include "http/routes/query_parameters.hpp"

#include "runtime/base/time_text.hpp"
#include "runtime/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace aops::http {

namespace {

constexpr int64_t most_steps = 11'000;
/// What is reckoned from times and durations must fit.
constexpr double most_seconds = 4e15;

/// A decimal number, whole.
std::optional<double> number_of(std::string_view text) {
  if (text.starts_with('+'))
    text.remove_prefix(1);
  double out = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (problem != std::errc{} || end != text.data() + text.size() || text.empty())
    return {};
  return out;
}

/// `1h30m`: each unit once, the greatest first.
std::optional<int64_t> duration_with_units(std::string_view text) {
  struct unit {
    std::string_view name;
    int64_t ms;
  };
  constexpr int64_t hour = 3'600'000, day = 24 * hour;
  static constexpr auto units = std::to_array<unit>({{"y", 365 * day},
                                                     {"w", 7 * day},
                                                     {"d", day},
                                                     {"h", hour},
                                                     {"m", 60'000},
                                                     {"s", 1000},
                                                     {"ms", 1}});
  if (text.empty())
    return {};
  int64_t out = 0;
  auto next = units.begin();
  while (!text.empty()) {
    int64_t count = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (problem != std::errc{} || text.front() == '-')
      return {};
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    auto letters = std::min(text.find_first_of("0123456789"), text.size());
    auto name = text.substr(0, letters);
    next = std::find_if(next, units.end(), [&](const unit& u) { return u.name == name; });
    if (next == units.end() || count > static_cast<int64_t>(most_seconds * 1000) / next->ms)
      return {};
    out += count * next->ms;
    ++next;
    text.remove_prefix(letters);
  }
  return out;
}

std::string quoted(std::string_view text) { return fmt::format("\"{}\"", text); }

} // namespace

error invalid_parameter(std::string_view name, std::string_view why) {
  return {ec::bad_request, fmt::format("invalid parameter \"{}\": {}", name, why)};
}

std::string_view parameter_of(const http_request& request, std::string_view name) {
  for (const auto& [key, value] : request.query)
    if (key == name)
      return value;
  return {};
}

std::vector<std::string> parameters_of(const http_request& request, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& [key, value] : request.query)
    if (key == name)
      out.push_back(value);
  return out;
}

expected<int64_t> parse_query_time(std::string_view text) {
  if (auto seconds = number_of(text); seconds && std::abs(*seconds) < most_seconds)
    return static_cast<int64_t>(std::round(*seconds * 1000));
  if (auto ms = base::parse_rfc3339(text))
    return *ms;
  return fail(ec::bad_request, fmt::format("cannot parse {} to a valid timestamp", quoted(text)));
}

expected<int64_t> parse_query_duration(std::string_view text) {
  if (auto seconds = number_of(text); seconds && !std::isnan(*seconds)) {
    if (std::abs(*seconds) >= most_seconds)
      return fail(
        ec::bad_request,
        fmt::format("cannot parse {} to a valid duration. It overflows int64", quoted(text)));
    return static_cast<int64_t>(*seconds * 1000);
  }
  if (auto ms = duration_with_units(text))
    return *ms;
  return fail(ec::bad_request, fmt::format("cannot parse {} to a valid duration", quoted(text)));
}

expected<int64_t> needed_time(const http_request& request, std::string_view name) {
  auto time = parse_query_time(parameter_of(request, name));
  if (!time)
    return fail(invalid_parameter(name, time.error().detail));
  return time;
}

expected<int64_t>
time_parameter(const http_request& request, std::string_view name, int64_t absent) {
  return parameter_of(request, name).empty() ? expected<int64_t>{absent}
                                             : needed_time(request, name);
}

expected<int64_t>
duration_parameter(const http_request& request, std::string_view name, int64_t absent) {
  auto text = parameter_of(request, name);
  if (text.empty())
    return absent;
  auto ms = parse_query_duration(text);
  if (!ms)
    return fail(invalid_parameter(name, ms.error().detail));
  return ms;
}

expected<int64_t> limit_parameter(const http_request& request, std::string_view name) {
  auto text = parameter_of(request, name);
  if (text.empty())
    return 0;
  int64_t out = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (problem != std::errc{} || end != text.data() + text.size())
    return fail(invalid_parameter(
      name, fmt::format("strconv.Atoi: parsing {}: invalid syntax", quoted(text))));
  if (out < 0)
    return fail(invalid_parameter(name, "limit must be non-negative"));
  return out;
}

expected<query_range> range_of(const http_request& request) {
  query_range out;
  auto start = needed_time(request, "start");
  if (!start)
    return fail(std::move(start.error()));
  auto end = needed_time(request, "end");
  if (!end)
    return fail(std::move(end.error()));
  out.start_ms = *start;
  out.end_ms = *end;
  if (out.end_ms < out.start_ms)
    return fail(invalid_parameter("end", "end timestamp must not be before start time"));
  auto step = parse_query_duration(parameter_of(request, "step"));
  if (!step)
    return fail(invalid_parameter("step", step.error().detail));
  out.step_ms = *step;
  if (out.step_ms <= 0)
    return fail(
      invalid_parameter("step",
                        "zero or negative query resolution step widths are not accepted. Try a "
                        "positive integer"));
  if ((out.end_ms - out.start_ms) / out.step_ms > most_steps)
    return fail(ec::bad_request,
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the "
                "query resolution (?step=XX)");
  return out;
}

expected<std::string> label_in_path(std::string_view text) {
  auto invalid = [&] {
    return fail(ec::bad_request, fmt::format("invalid label name: {}", quoted(text)));
  };
  if (text.empty() || text.find('/') != text.npos)
    return invalid();
  if (!text.starts_with("U__"))
    return std::string{text};
  std::string out;
  auto rest = text.substr(3);
  while (!rest.empty()) {
    if (rest.front() != '_') {
      out += rest.front();
      rest.remove_prefix(1);
    } else if (rest.starts_with("__")) {
      out += '_';
      rest.remove_prefix(2);
    } else {
      auto end = rest.find('_', 1);
      uint32_t point = 0;
      if (end == rest.npos || end > 7)
        return invalid();
      auto [last, problem] = std::from_chars(rest.data() + 1, rest.data() + end, point, 16);
      if (problem != std::errc{} || last != rest.data() + end || point > 0x10FFFF ||
          (point >= 0xD800 && point < 0xE000))
        return invalid();
      base::append_utf8(out, point);
      rest.remove_prefix(end + 1);
    }
  }
  return out;
}

} // namespace aops::http
