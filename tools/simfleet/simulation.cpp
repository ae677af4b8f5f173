#include "tools/simfleet/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace aops::simfleet {
namespace {

/// When every simulated host booted: counters count from here.
constexpr double boot_s = 1'700'000'000;
constexpr double first_absolute_s = 1e9;

/// Spreads the bits of two small numbers (a round of splitmix64).
uint64_t mix(uint64_t a, uint64_t b) {
  uint64_t x = a * 0x9E3779B97F4A7C15u + b;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// Hundredths are enough and quick to print.
void append_number(std::string& out, double value) {
  char text[32];
  auto hundredths = std::llround(std::abs(value) * 100);
  if (value < 0 && hundredths != 0)
    out += '-';
  auto end = std::to_chars(text, text + sizeof text, hundredths / 100).ptr;
  out.append(text, end);
  if (auto rest = hundredths % 100; rest != 0) {
    out += '.';
    out += static_cast<char>('0' + rest / 10);
    if (rest % 10 != 0)
      out += static_cast<char>('0' + rest % 10);
  }
}

template <class T>
bool read(std::string_view text, T& value) {
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  return ec == std::errc{} && end == text.data() + text.size();
}

bool read_hosts(std::string_view text, anomaly& a) {
  if (text == "*")
    return true;
  auto dash = text.find('-');
  bool range = dash != std::string_view::npos;
  return read(text.substr(0, dash), a.first_host) &&
         read(range ? text.substr(dash + 1) : text, a.last_host) && a.first_host <= a.last_host;
}

} // namespace

std::optional<anomaly> parse_anomaly(std::string_view text) {
  anomaly a;
  auto take_last = [&](double& value) {
    auto colon = text.rfind(':');
    if (colon == std::string_view::npos || !read(text.substr(colon + 1), value))
      return false;
    text = text.substr(0, colon);
    return true;
  };
  bool numbers = take_last(a.to_s) && take_last(a.from_s) && take_last(a.value);
  auto colon = text.find(':');
  if (!numbers || colon == std::string_view::npos || !read_hosts(text.substr(0, colon), a))
    return std::nullopt;
  a.series = text.substr(colon + 1);
  return a.series.empty() || a.from_s >= a.to_s ? std::nullopt : std::optional(a);
}

simulation::simulation(size_t count, std::vector<anomaly> anomalies, int64_t start_ms)
    : anomalies_(std::move(anomalies)) {
  add_exporter_series();
  for (size_t k = 0; series_.size() < count; ++k)
    add(fmt::format("sim_metric_{}", k), "", false, 50 + static_cast<double>(k % 50), 20);
  series_.resize(count);
  for (size_t i = 0; i < anomalies_.size(); ++i) {
    auto& a = anomalies_[i];
    for (auto* time : {&a.from_s, &a.to_s})
      if (*time < first_absolute_s)
        *time += static_cast<double>(start_ms) / 1000;
    for (auto& s : series_)
      if (s.text == a.series)
        s.anomalies.push_back(i);
  }
}

void simulation::add(
  std::string_view name, std::string_view labels, bool counter, double base, double swing) {
  series s;
  auto same_name = [&](const series& x) {
    return x.text == name || x.text.starts_with(std::string(name) + "{");
  };
  if (std::none_of(series_.begin(), series_.end(), same_name))
    s.comment =
      fmt::format("# HELP {0} Simulated.\n# TYPE {0} {1}\n", name, counter ? "counter" : "gauge");
  s.text = labels.empty() ? std::string(name) : fmt::format("{}{{{}}}", name, labels);
  s.counter = counter;
  s.base = base;
  s.swing = swing;
  series_.push_back(std::move(s));
}

void simulation::add_exporter_series() {
  constexpr double gib = 1024.0 * 1024 * 1024;
  struct mode {
    const char* name;
    double share;
  };
  constexpr mode modes[] = {{"idle", 0.9},
                            {"iowait", 0.01},
                            {"irq", 0},
                            {"nice", 0},
                            {"softirq", 0.01},
                            {"steal", 0},
                            {"system", 0.03},
                            {"user", 0.05}};
  add("node_boot_time_seconds", "", false, boot_s, 0);
  for (int cpu = 0; cpu < 2; ++cpu)
    for (const auto& m : modes)
      add("node_cpu_seconds_total",
          fmt::format("cpu=\"{}\",mode=\"{}\"", cpu, m.name),
          true,
          m.share,
          0);
  add("node_context_switches_total", "", true, 1200, 0);
  add("node_disk_io_time_seconds_total", "device=\"sda\"", true, 0.05, 0);
  add("node_disk_read_bytes_total", "device=\"sda\"", true, 20e3, 0);
  add("node_disk_written_bytes_total", "device=\"sda\"", true, 60e3, 0);
  constexpr auto root = "device=\"/dev/sda1\",fstype=\"ext4\",mountpoint=\"/\"";
  add("node_filesystem_avail_bytes", root, false, 60 * gib, gib);
  add("node_filesystem_files_free", root, false, 5e6, 1e4);
  add("node_filesystem_size_bytes", root, false, 100 * gib, 0);
  add("node_intr_total", "", true, 800, 0);
  add("node_load1", "", false, 0.6, 0.4);
  add("node_load15", "", false, 0.6, 0.1);
  add("node_load5", "", false, 0.6, 0.2);
  add("node_memory_Buffers_bytes", "", false, 0.3 * gib, 0.05 * gib);
  add("node_memory_Cached_bytes", "", false, 3 * gib, 0.5 * gib);
  add("node_memory_MemAvailable_bytes", "", false, 10 * gib, gib);
  add("node_memory_MemFree_bytes", "", false, 6 * gib, gib);
  add("node_memory_MemTotal_bytes", "", false, 16 * gib, 0);
  add("node_memory_SwapFree_bytes", "", false, 2 * gib, 0);
  add("node_network_receive_bytes_total", "device=\"eth0\"", true, 90e3, 0);
  add("node_network_transmit_bytes_total", "device=\"eth0\"", true, 40e3, 0);
  add("node_procs_blocked", "", false, 1, 1);
  add("node_procs_running", "", false, 3, 2);
  add("node_time_seconds", "", true, 1, 0);
}

/// A triangle with a period of 5 to 15 minutes and a phase of its own.
double simulation::gauge(const series& s, size_t index, uint32_t host, double now_s) {
  if (s.swing == 0)
    return s.base;
  auto random = mix(host, index);
  double period = 300 + static_cast<double>(random % 600);
  double at = now_s / period + static_cast<double>(random >> 32) / 4294967296.0;
  double part = at - std::floor(at);
  return s.base + s.swing * (part < 0.5 ? 4 * part - 1 : 3 - 4 * part);
}

double simulation::value_of(const series& s, size_t index, uint32_t host, double now_s) const {
  double value = s.counter ? s.base * (now_s - boot_s) : gauge(s, index, host, now_s);
  for (auto i : s.anomalies) {
    const auto& a = anomalies_[i];
    if (host < a.first_host || host > a.last_host || now_s < a.from_s)
      continue;
    if (s.counter)
      value += (a.value - s.base) * (std::min(now_s, a.to_s) - a.from_s);
    else if (now_s < a.to_s)
      value = a.value;
  }
  return value;
}

void simulation::append_page(std::string& out, uint32_t host, int64_t now_ms) const {
  double now_s = static_cast<double>(now_ms) / 1000;
  for (size_t i = 0; i < series_.size(); ++i) {
    const auto& s = series_[i];
    out += s.comment;
    out += s.text;
    out += ' ';
    append_number(out, value_of(s, i, host, now_s));
    out += '\n';
  }
}

std::vector<std::string> simulation::unknown_series() const {
  std::vector<std::string> result;
  for (const auto& a : anomalies_) {
    bool known = std::any_of(
      series_.begin(), series_.end(), [&](const series& s) { return s.text == a.series; });
    if (!known)
      result.push_back(a.series);
  }
  return result;
}

} // namespace aops::simfleet
