#include "cli/aops/report/status_text.hpp"

#include "cli/aops/text/instance.hpp"
#include "cli/aops/text/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace aops::cli {

namespace {

constexpr size_t first_column = 8; ///< `critical`

std::string painted(std::string_view word, const palette& colours, std::string_view severity) {
  auto padded = fmt::format("{:<{}}", word, first_column);
  return severity == "critical"  ? colours.red(padded)
         : severity == "warning" ? colours.yellow(padded)
         : severity == "info"    ? colours.cyan(padded)
                                 : colours.dim(padded);
}

/// `2 online, 1 offline`: what is not 0.
std::string listed(const json& counts,
                   std::initializer_list<std::pair<const char*, const char*>> members) {
  std::vector<std::string> parts;
  for (const auto& [member, word] : members)
    if (auto n = count_of(counts, member); n > 0)
      parts.push_back(fmt::format("{} {}", n, word));
  return joined(parts, ", ");
}

} // namespace

std::string age_text(double since_s, int64_t now_s) {
  auto age = std::max<int64_t>(0, now_s - static_cast<int64_t>(since_s));
  constexpr std::array<std::pair<int64_t, char>, 3> units = {
    {{86400, 'd'}, {3600, 'h'}, {60, 'm'}}};
  for (auto [seconds, letter] : units)
    if (age >= seconds)
      return fmt::format("{}{}", age / seconds, letter);
  return fmt::format("{}s", age);
}

std::string status_summary(const json& counts, const palette& colours) {
  auto moved = std::min(count_of(counts, "moved"), count_of(counts, "unknown"));
  json states = {{"online", count_of(counts, "online")},
                 {"offline", count_of(counts, "offline")},
                 {"moved", moved},
                 {"never", count_of(counts, "unknown") - moved}};
  auto hosts = listed(states,
                      {{"online", "online"},
                       {"offline", "offline"},
                       {"moved", "not reached since their address changed"},
                       {"never", "never reached"}});
  auto alerts =
    listed(counts, {{"critical", "critical"}, {"warning", "warning"}, {"info", "info"}});
  auto rest = listed(counts, {{"no_data", "without data"}, {"internal_error", "not judged"}});
  auto text = "hosts: " + (hosts.empty() ? "none" : hosts) +
              "; alerts: " + (alerts.empty() ? "none" : alerts) +
              (rest.empty() ? "" : "; rules: " + rest);
  return alerts.empty() ? colours.green(text) : colours.bold(text);
}

std::string alert_line(const json& row, int64_t now_s, const palette& colours) {
  auto value = text_of(row, "value"), reason = text_of(row, "reason");
  auto severity = text_of(row, "severity");
  bool is_firing = row.value("firing", false);
  auto line = painted(is_firing ? severity : value, colours, is_firing ? severity : "");
  line += printable(fmt::format("  {}  {}  since {}",
                                text_of(row, "host_name"),
                                instance_text(text_of(row, "check_item"), member(row, "labels")),
                                age_text(number_of(row, "since"), now_s)));
  if (is_firing && value != "Abnormal")
    line += "  " + printable(value);
  if (!text_of(row, "silenced_by").empty())
    line += "  silenced"; // Nobody is told of it.
  return reason.empty() ? line : line + "  " + printable(reason);
}

std::string silent_line(const json& host, int64_t now_s, const palette& colours) {
  auto rules = count_of(host, "no_data");
  auto line = painted("No data", colours, "");
  line += printable(fmt::format("  {}  {}  {} since {}",
                                text_of(host, "host_name"),
                                rules == 1 ? "1 rule" : fmt::format("{} rules", rules),
                                text_of(host, "status"),
                                age_text(number_of(host, "status_since"), now_s)));
  auto why = text_of(host, "scrape_error");
  return why.empty() ? line : line + "  " + printable(why);
}

} // namespace aops::cli
