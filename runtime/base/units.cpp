#include "runtime/base/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace aops::base {

namespace {

struct unit {
  std::string_view name;
  int64_t factor;
};

// From small to large.
constexpr std::array time_units = {
  unit{"ms", 1}, unit{"s", 1000}, unit{"m", 60'000}, unit{"h", 3'600'000}, unit{"d", 86'400'000}};
constexpr std::array size_units = {unit{"B", 1},
                                   unit{"kB", 1000},
                                   unit{"KiB", 1 << 10},
                                   unit{"MB", 1'000'000},
                                   unit{"MiB", 1 << 20},
                                   unit{"GB", 1'000'000'000},
                                   unit{"GiB", 1 << 30},
                                   unit{"TB", 1'000'000'000'000},
                                   unit{"TiB", int64_t{1} << 40}};
constexpr double longest_ms = 100.0 * 366 * 86'400'000, largest_bytes = 9e15;

/// `12.5` + `MiB`; false when the text is not a number and one of the units.
template <class Units>
bool scale(
  std::string_view text, const Units& units, int64_t bare_factor, double max, int64_t& out) {
  double n = 0;
  auto [end, problem] =
    std::from_chars(text.data(), text.data() + text.size(), n, std::chars_format::fixed);
  if (problem != std::errc{} || !std::isfinite(n) || n < 0)
    return false;
  std::string_view rest{end, static_cast<size_t>(text.data() + text.size() - end)};
  while (rest.starts_with(' '))
    rest.remove_prefix(1);
  auto factor = rest.empty() ? bare_factor : 0;
  for (const auto& u : units)
    if (u.name == rest)
      factor = u.factor;
  auto scaled = n * static_cast<double>(factor);
  if (factor == 0 || scaled > max)
    return false;
  out = std::llround(scaled);
  return true;
}

template <class Units>
std::string print(int64_t n, const Units& units) {
  for (auto u = units.rbegin(); u != units.rend(); ++u)
    if (n != 0 && n % u->factor == 0)
      return fmt::format("{}{}", n / u->factor, u->name);
  return {};
}

} // namespace

expected<duration> parse_duration(std::string_view text) {
  duration d;
  if (!scale(text, time_units, 1000, longest_ms, d.ms))
    return fail(ec::bad_request,
                "must be a duration such as 15 (seconds), 500ms, 15s, 5m, 2h or 7d");
  return d;
}

std::string to_string(duration d) { return d.ms == 0 ? "0s" : print(d.ms, time_units); }

expected<byte_size> parse_byte_size(std::string_view text) {
  byte_size s;
  if (!scale(text, size_units, 1, largest_bytes, s.bytes))
    return fail(ec::bad_request, "must be a size such as 4096 (bytes), 64KiB, 8MiB or 10GB");
  return s;
}

std::string to_string(byte_size s) { return s.bytes == 0 ? "0B" : print(s.bytes, size_units); }

expected<int64_t> parse_integer(std::string_view text) {
  int64_t n = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (problem != std::errc{} || end != text.data() + text.size())
    return fail(ec::bad_request, "must be an integer");
  return n;
}

expected<endpoint> parse_endpoint(std::string_view text) {
  auto wrong = [] {
    return fail(ec::bad_request, "must be HOST:PORT, such as 127.0.0.1:11111 or [::1]:11111");
  };
  auto colon = text.rfind(':');
  if (colon == text.npos || colon == 0)
    return wrong();
  auto host = text.substr(0, colon);
  bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed)
    host = host.substr(1, host.size() - 2);
  else if (host.find_first_of(":[] /") != host.npos)
    return wrong();
  auto port = parse_integer(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535)
    return fail(ec::bad_request, "must end in a port from 0 to 65535");
  return endpoint{std::string{host}, static_cast<uint16_t>(*port)};
}

std::string to_string(const endpoint& e) {
  return e.host.find(':') == e.host.npos ? fmt::format("{}:{}", e.host, e.port)
                                         : fmt::format("[{}]:{}", e.host, e.port);
}

} // namespace aops::base
