#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
} // namespace prometheus

/// Figures of this process for Prometheus: `aops_` + noun + base unit. Handles are cheap to copy,
/// valid for the life of the process, and may be used from any thread; the same name and labels
/// give the same figure.
///
///     static auto rounds = metrics::counter_of("aops_rounds_total", "Sampling rounds.");
///     rounds.add();
namespace aops::metrics {

using labels = std::map<std::string, std::string>;

class counter {
public:
  void add(double n = 1); ///< @param n Not negative.

private:
  friend counter counter_of(const std::string&, const std::string&, const labels&);
  explicit counter(prometheus::Counter& it) : it_(&it) {}
  prometheus::Counter* it_;
};

class gauge {
public:
  void set(double x);
  void add(double n = 1); ///< Negative to lower it.

private:
  friend gauge gauge_of(const std::string&, const std::string&, const labels&);
  explicit gauge(prometheus::Gauge& it) : it_(&it) {}
  prometheus::Gauge* it_;
};

class histogram {
public:
  void observe(double x);

private:
  friend histogram
  histogram_of(const std::string&, const std::string&, const std::vector<double>&, const labels&);
  explicit histogram(prometheus::Histogram& it) : it_(&it) {}
  prometheus::Histogram* it_;
};

/// Registering one name as two kinds, or a name or label that Prometheus does not allow, ends the
/// process: it is our mistake.
counter counter_of(const std::string& name, const std::string& help, const labels& with = {});
gauge gauge_of(const std::string& name, const std::string& help, const labels& with = {});
/// @param bounds Upper bounds of the buckets, ascending.
histogram histogram_of(const std::string& name,
                       const std::string& help,
                       const std::vector<double>& bounds,
                       const labels& with = {});

/// Bounds for durations in seconds, 1 ms to 10 s.
const std::vector<double>& second_bounds();

/// Calls a function before every `metrics_text`, for figures that are cheaper to look up than to
/// keep. Ends with the object; the call in progress is waited for.
class refresher {
public:
  explicit refresher(std::function<void()> refresh);
  ~refresher();
  refresher(const refresher&) = delete;
  refresher& operator=(const refresher&) = delete;

private:
  size_t id_;
};

/// All figures in Prometheus' text format, with `process_*` as client libraries have them.
std::string metrics_text();

/// The content type of `metrics_text`.
inline constexpr const char* content_type = "text/plain; version=0.0.4; charset=utf-8";

} // namespace aops::metrics
