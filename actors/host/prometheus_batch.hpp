#pragma once

#include "runtime/core/check/align.hpp"
#include "runtime/io/prometheus/fetch.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace aops::actors {

/// The samples of one series with the times at which the collector took them.
struct series_points {
  series_key key;
  std::vector<check::point> points; ///< In time order.
};

/// What is read: series, and all that match.
struct wanted_series {
  std::vector<series_key> keys;
  std::vector<prometheus_api::series_match> matches;
  friend bool operator==(const wanted_series&, const wanted_series&) = default;
};
using wanted_list = std::shared_ptr<const wanted_series>;

/// One ask over many hosts, and the answer it owes to each: the orders of hosts for the same series
/// over the same time. Pure.
class prometheus_batch {
public:
  prometheus_batch(wanted_list series, int64_t from_ms, int64_t until_ms)
      : series_(std::move(series)), from_ms_(from_ms), until_ms_(until_ms) {}

  /// Whether an order for that asks for the same.
  bool fits(const wanted_list& series, int64_t from_ms, int64_t until_ms) const;

  /// @param instance `IP:port`, or only `IP` for every port of it.
  /// @param preferred Of several instances with the same series this one counts, else the first by
  /// name.
  /// @returns The number of the order, from 0.
  size_t add(const std::string& instance, std::string preferred);
  size_t size() const { return orders_.size(); }
  int64_t span_ms() const { return until_ms_ - from_ms_; }

  prometheus_api::ask what() const;

  /// Takes a part of the answer; parts of one series come in time order.
  void take(prometheus_api::part part);

  /// What was found for an order, once all parts are there: an error when one of its parts failed.
  /// Series without a sample are left out.
  expected<std::vector<series_points>> result_of(size_t order);

private:
  struct order {
    std::string instance, preferred;
    std::optional<error> failed;
    std::map<series_key, std::map<std::string, std::vector<check::point>>>
      found; ///< By key, then instance.
  };

  wanted_list series_;
  int64_t from_ms_, until_ms_;
  std::vector<order> orders_;
  std::multimap<std::string, size_t> by_instance_;
};

} // namespace aops::actors
