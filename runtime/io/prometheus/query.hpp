#pragma once

#include "messages/sample.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Not `prometheus`: that would hide the namespace of the metrics library inside aops.
namespace aops::prometheus_api {

/// All series of a name whose labels fit: each to a value, or to `=value`, `!=value`, `=~pattern`,
/// `!~pattern`, as rules have them.
struct series_match {
  std::string name;
  std::map<std::string, std::string> match;
  friend auto operator<=>(const series_match&, const series_match&) = default;
};

/// What to read: these series of these hosts between two times, both inclusive.
struct ask {
  std::vector<series_key> series;     ///< Name and whole label set, as rules have them.
  std::vector<std::string> instances; ///< `IP:port` each, or only `IP` for every port of it.
  int64_t from_ms = 0;
  int64_t until_ms = 0; ///< At least `from_ms`.
  std::vector<series_match> matches = {};
};

/// What keeps one answer bounded.
struct query_limits {
  size_t max_answer_bytes = size_t{8} << 20; ///< Aimed at by an estimate.
  int64_t sample_period_ms = 15'000;         ///< The collector's.
  size_t max_instances = 500;                ///< Per query; keeps selectors short.
  size_t matched_series = 100;               ///< Of one host: what a match is taken to find.
};

/// One instant query with a range selector, for some of the instances and a part of the time.
struct query {
  std::string matchers; ///< All but the instances: `__name__=~"a|b",cpu="0"`.
  std::vector<std::string> instances;
  int64_t from_ms = 0;
  int64_t until_ms = 0;
  /// Of the series it is for, sorted; it may find others.
  std::vector<std::string> label_names = {};
  bool is_match = false; ///< All that it finds was asked for.
};

/// The queries that together answer `what`: series with the same label names share one; hosts, then
/// time are split so that each answer stays near `limits`. A query selects by the values that occur
/// for each label, so its answer may hold more label sets than asked for. A match is a query of its
/// own; what it finds may be asked for otherwise, too. Parts of the time do not overlap and follow
/// each other.
std::vector<query> plan(const ask& what, const query_limits& limits);

/// `{__name__="up",instance=~"10\\.0\\.0\\.1:9100|10\\.0\\.0\\.2:9100"}[15001ms]`, to be evaluated
/// at `until_ms`. The range reaches 1 ms further back than `from_ms`: Prometheus 3 leaves out the
/// left end of a range, 2 does not.
std::string expression_of(const query& q);

/// The same in two queries, by instances, else by time; empty when it is one instance at one time.
/// For an answer that turned out too large.
std::vector<query> halves(const query& q);

/// The parameters `query`, `time` and `timeout` as an URL-encoded form.
std::string form_of(const query& q, int64_t timeout_ms);

/// `10.0.0.1:9100` → `10.0.0.1`, `[::1]:9100` → `::1`; without a port as it is.
std::string_view host_of(std::string_view instance);

} // namespace aops::prometheus_api
