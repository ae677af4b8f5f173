/// aops-simfleet: exporter pages of many simulated hosts on addresses of 127.0.0.0/8, for load
/// tests.

#include "runtime/base/descriptor.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "tools/simfleet/server.hpp"
#include <arpa/inet.h>
#include <chrono>
#include <cstdio>
#include <exception>
#include <signal.h>

namespace {

using namespace aops::simfleet;

struct settings {
  uint32_t hosts = 10;
  size_t series = 100;
  uint16_t port = 0;
  std::string first = "127.1.0.1";
  uint32_t swallow_percent = 0;
  uint32_t stall_percent = 0;
  std::vector<std::string> anomalies;
};

/// The host counts toward a share that is spread evenly over the fleet.
bool in_share(uint64_t host, uint64_t percent) {
  return host * percent / 100 != (host + 1) * percent / 100;
}

std::vector<behaviour> behaviours(const settings& s) {
  std::vector<behaviour> result(s.hosts, behaviour::answers);
  uint64_t others = 0;
  for (uint32_t i = 0; i < s.hosts; ++i) {
    if (in_share(i, s.swallow_percent))
      result[i] = behaviour::swallows;
    else if (in_share(others++, s.stall_percent))
      result[i] = behaviour::stalls;
  }
  return result;
}

uint32_t loopback_address(const settings& s) {
  in_addr address{};
  if (::inet_pton(AF_INET, s.first.c_str(), &address) != 1)
    throw std::runtime_error("--first: not an IPv4 address: " + s.first);
  uint32_t first = ntohl(address.s_addr);
  if (first >> 24 != 127 || (first + s.hosts) >> 24 != 127)
    throw std::runtime_error("--first: the hosts must lie in 127.0.0.0/8");
  return first;
}

int run(const settings& s) {
  std::vector<anomaly> anomalies;
  for (const auto& text : s.anomalies) {
    auto a = parse_anomaly(text);
    if (!a)
      throw std::runtime_error("--anomaly: not HOSTS:SERIES:VALUE:FROM:TO: " + text);
    anomalies.push_back(std::move(*a));
  }
  auto start = std::chrono::duration_cast<std::chrono::milliseconds>(
    std::chrono::system_clock::now().time_since_epoch());
  simulation pages(s.series, std::move(anomalies), start.count());
  if (auto unknown = pages.unknown_series(); !unknown.empty())
    throw std::runtime_error("--anomaly: no such series: " + unknown.front());
  aops::base::raise_file_limit();
  listeners fleet(loopback_address(s), s.port, behaviours(s));
  server web(fleet, pages);
  uint32_t silent = 0;
  for (size_t i = 0; i < fleet.size(); ++i)
    silent += fleet.of(i) != behaviour::answers;
  fmt::print("ready port={} hosts={} silent={}\n", fleet.port(), s.hosts, silent);
  std::fflush(stdout);
  auto did = web.run();
  fmt::print("served pages={} bytes={} connections={}\n", did.pages, did.bytes, did.connections);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGTERM);
  ::sigaddset(&ends, SIGINT);
  ::sigprocmask(SIG_BLOCK, &ends, nullptr);

  settings s;
  CLI::App app("Serves exporter pages of many simulated hosts, one loopback address each.");
  app.add_option("--hosts", s.hosts, "Number of hosts; host 0 has the first address")
    ->check(CLI::Range(1, 200'000));
  app.add_option("--series", s.series, "Samples per page")->check(CLI::Range(1, 1'000'000));
  app.add_option("--port", s.port, "Port of all hosts; 0 takes a free one");
  app.add_option("--first", s.first, "Address of host 0, in 127.0.0.0/8")->capture_default_str();
  app
    .add_option("--blackhole",
                s.swallow_percent,
                "Percent of the hosts that swallow packets: connects get no answer")
    ->check(CLI::Range(0, 100));
  app
    .add_option("--stall",
                s.stall_percent,
                "Percent of the other hosts that take connections and never answer")
    ->check(CLI::Range(0, 100));
  app
    .add_option("--anomaly",
                s.anomalies,
                "HOSTS:SERIES:VALUE:FROM:TO, such as '3-7:node_load1:9:30:90' (seconds since the "
                "start, or since 1970); "
                "for a counter VALUE is its rate per second; may be repeated")
    ->allow_extra_args(false);
  CLI11_PARSE(app, argc, argv);
  try {
    return run(s);
  } catch (const std::exception& e) {
    fmt::print(stderr, "aops-simfleet: {}\n", e.what());
    return 2;
  }
}
