#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aops::simfleet {

/// Makes a series of some hosts take another value for a while. For a counter the value is its rate
/// per second.
struct anomaly {
  uint32_t first_host = 0, last_host = UINT32_MAX; ///< Counted from 0, both included.
  std::string series;                              ///< As in the page: name, or name and labels.
  double value = 0;
  double from_s = 0, to_s = 0; ///< Since the start; from 10^9 on since 1970. `to_s` is excluded.
};

/// `HOSTS:SERIES:VALUE:FROM:TO`, where HOSTS is `*`, `7` or `3-9`; nothing when it is no such text.
/// The series may hold colons.
std::optional<anomaly> parse_anomaly(std::string_view text);

/// What the exporters of a fleet say: a pure function of host, series and time, but for anomalies
/// that count from the start.
class simulation {
public:
  /// @param series Samples per page: about 40 as node_exporter has them, then `sim_metric_<k>`.
  /// @param start_ms From which relative anomaly times count.
  simulation(size_t series, std::vector<anomaly> anomalies, int64_t start_ms);

  /// Appends the page of a host at a time.
  void append_page(std::string& out, uint32_t host, int64_t now_ms) const;

  /// Anomalies that name no series of the pages.
  std::vector<std::string> unknown_series() const;

private:
  struct series {
    std::string comment; ///< HELP and TYPE, before the first series of a name.
    std::string text;    ///< Name and labels.
    bool counter = false;
    double base = 0;  ///< Mean of a gauge, rate per second of a counter.
    double swing = 0; ///< How far a gauge moves from its mean.
    std::vector<size_t> anomalies;
  };

  void add(std::string_view name, std::string_view labels, bool counter, double base, double swing);
  void add_exporter_series();
  double value_of(const series& s, size_t index, uint32_t host, double now_s) const;
  static double gauge(const series& s, size_t index, uint32_t host, double now_s);

  std::vector<series> series_;
  std::vector<anomaly> anomalies_;
};

} // namespace aops::simfleet
