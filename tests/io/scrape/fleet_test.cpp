#include "runtime/io/scrape/page_reader.hpp"
#include "runtime/io/scrape/scrape_request.hpp"
#include "tests/support/node_exporter.hpp"
#include "tests/support/process.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <condition_variable>
#include <map>
#include <mutex>

namespace fleet_test {

using namespace aops;
using namespace std::chrono_literals;

namespace {

/// A simulated fleet, until the end of the scope.
class fleet {
public:
  explicit fleet(std::vector<std::string> options) : process_(command(std::move(options))) {
    auto line = process_.wait_for_line("ready ");
    BOOST_REQUIRE_MESSAGE(!line.empty(), process_.errors());
    port_ = static_cast<uint16_t>(std::stoi(line.substr(line.find("port=") + 5)));
  }
  scrape::exporter host(uint32_t i) const { return {"127.1.0." + std::to_string(i + 1), port_}; }
  uint16_t port() const { return port_; }
  tests::process& child() { return process_; }

private:
  static std::vector<std::string> command(std::vector<std::string> options) {
    options.insert(options.begin(), AOPS_BINARY_DIR "/bin/aops-simfleet");
    return options;
  }
  tests::process process_;
  uint16_t port_ = 0;
};

/// Scrapes all at once and waits for the last one.
std::map<uint32_t, expected<std::string>>
scrape_all(net::http_multi& http, const fleet& from, uint32_t hosts, scrape::scrape_limits limits) {
  struct {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<uint32_t, expected<std::string>> pages;
  } shared;
  for (uint32_t i = 0; i < hosts; ++i) {
    auto taken = http.submit(scrape::scrape_request(from.host(i), limits), [&, i](net::reply r) {
      std::lock_guard lock(shared.mutex);
      shared.pages.emplace(i, scrape::page_of(std::move(r)));
      shared.changed.notify_all();
    });
    BOOST_REQUIRE(taken.has_value());
  }
  std::unique_lock lock(shared.mutex);
  shared.changed.wait(lock, [&] { return shared.pages.size() == hosts; });
  return std::move(shared.pages);
}

using key_values = std::map<series_key, number>;

key_values series_of(std::string_view page) {
  auto all = scrape::all_series(page, 100'000);
  BOOST_REQUIRE_MESSAGE(all.has_value(), (all ? "" : all.error().detail));
  return {all->begin(), all->end()};
}

const series_key idle{"node_cpu_seconds_total", {{"cpu", "0"}, {"mode", "idle"}}};
const series_key load{"node_load1", {}};
const series_key now{"node_time_seconds", {}};

} // namespace

BOOST_AUTO_TEST_SUITE(fleet_suite)

BOOST_AUTO_TEST_CASE(a_fleet_is_scraped_at_once_and_its_silent_hosts_time_out) {
  fleet hosts({"--hosts", "60", "--series", "100", "--blackhole", "10", "--stall", "10"});
  auto http = net::http_multi::start();
  BOOST_REQUIRE(http.has_value());
  scrape::scrape_limits limits;
  limits.connect_timeout = 300ms;
  limits.total_timeout = 1000ms;
  for (int round = 0; round < 2; ++round) {
    size_t healthy = 0, silent = 0;
    for (auto& [host, page] : scrape_all(**http, hosts, 60, limits)) {
      if (page) {
        ++healthy;
        BOOST_TEST(series_of(*page).size() == 100u);
      } else {
        ++silent;
        BOOST_TEST(bool(page.error() == ec::timed_out), page.error().detail);
      }
    }
    BOOST_TEST(healthy == 49u);
    BOOST_TEST(silent == 11u);
  }
  // The second round opened connections to silent hosts only: 5 that stall.
  BOOST_TEST((*http)->stats().connects == 49u + 2 * 5u);
  BOOST_TEST(hosts.child().terminate() == 0);
  BOOST_TEST(hosts.child().output().find("served pages=98 ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(anomalies_drive_gauges_and_counters_of_their_hosts_only) {
  fleet hosts({"--hosts",
               "3",
               "--series",
               "50",
               "--anomaly",
               "1:node_load1:99:0:1000",
               "--anomaly",
               "1-2:node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"}:-100:-500:-400"});
  auto page = [&](uint32_t i) {
    return series_of(tests::http_get(hosts.host(i).address, hosts.port(), "/metrics"));
  };
  BOOST_TEST(page(0).at(load).as_double() < 2);
  BOOST_TEST(page(1).at(load).as_double() == 99);
  BOOST_TEST(page(2).at(load).as_double() < 2);
  // 100 s at -100 instead of 0.9 per second, all in the past. A counter is otherwise 0.9 of the
  // time since boot.
  auto expected_idle = [&](key_values& p) { return 0.9 * p.at(now).as_double(); };
  auto normal = page(0), driven = page(2);
  BOOST_TEST(std::abs(normal.at(idle).as_double() - expected_idle(normal)) < 0.1);
  BOOST_TEST(std::abs(driven.at(idle).as_double() - expected_idle(driven) + 10090) < 0.1);
}

BOOST_AUTO_TEST_CASE(a_wrong_command_line_ends_the_simulator_with_its_reason) {
  for (auto [option, value] : {std::pair{"--anomaly", "1:node_load1:9:5"},
                               {"--anomaly", "0:nosuch:1:0:1"},
                               {"--first", "10.0.0.1"}}) {
    tests::process p({AOPS_BINARY_DIR "/bin/aops-simfleet", "--hosts", "1", option, value});
    BOOST_TEST(p.wait() == 2);
    BOOST_TEST(p.errors().find(option) != std::string::npos, p.errors());
  }
}

BOOST_AUTO_TEST_CASE(a_real_exporter_is_read_and_its_second_page_asks_nothing_new) {
  tests::node_exporter exporter;
  auto page = tests::http_get("127.0.0.1", exporter.port(), "/metrics");
  auto series = series_of(page);
  BOOST_TEST(series.contains(load));
  BOOST_TEST(series.contains(idle));
  BOOST_TEST(series.contains({"node_memory_MemAvailable_bytes", {}}));

  size_t asked = 0;
  scrape::page_reader reader(
    {[](std::string_view name) {
       return name.starts_with("node_cpu") || name.starts_with("node_load");
     },
     [&](const series_key&) { return std::optional(static_cast<uint32_t>(asked++)); }});
  auto first = reader.read(page);
  BOOST_REQUIRE(first.has_value());
  auto count = first->size();
  BOOST_TEST(count == asked);
  BOOST_TEST(count > 10u);
  auto second = reader.read(tests::http_get("127.0.0.1", exporter.port(), "/metrics"));
  BOOST_REQUIRE(second.has_value());
  BOOST_TEST(second->size() == count);
  BOOST_TEST(asked == count);
}

BOOST_AUTO_TEST_CASE(an_exporter_behind_an_ipv6_address_has_brackets_in_its_url) {
  BOOST_TEST(scrape::scrape_request({"::1", 9100}, {}).url == "http://[::1]:9100/metrics");
  BOOST_TEST(scrape::scrape_request({"10.0.0.1", 8888, "/m"}, {}).url == "http://10.0.0.1:8888/m");
}

BOOST_AUTO_TEST_CASE(any_status_but_200_means_that_there_is_no_exporter) {
  net::response busy{503, "text/plain", "busy"};
  auto page = scrape::page_of({busy});
  BOOST_REQUIRE(!page.has_value());
  BOOST_TEST(bool(page.error() == ec::unreachable));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace fleet_test
