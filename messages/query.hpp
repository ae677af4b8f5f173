#pragma once

#include "messages/error.hpp"
#include "messages/wire.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// PromQL over what the caller's hosts measured, as `/api/v1/*` asks it. Only between actors. See
/// docs/reference/query.md.
namespace aops {

/// The label `job` of all series: which scrape they are from. There is one.
inline constexpr const char* query_job = "node";

/// What a query may take at most, whatever its client says.
inline constexpr int64_t most_query_ms = 60'000;

/// What a client allows one query; each is capped by the limits of the node.
struct query_bounds {
  int64_t timeout_ms = 0;  ///< More than 0.
  int64_t lookback_ms = 0; ///< For how long the last sample of a series counts; 0: five minutes.
  int64_t most = 0;        ///< Series, or names, in the answer; 0: all.
};
AOPS_WIRE(query_bounds, timeout_ms, lookback_ms, most)

/// A query at one time.
struct query_at {
  std::string text;
  int64_t time_ms = 0;
  query_bounds within;
};
AOPS_WIRE(query_at, text, time_ms, within)

/// A query at `start_ms`, `start_ms + step_ms`, … up to `end_ms`.
struct query_over {
  std::string text;
  int64_t start_ms = 0, end_ms = 0, step_ms = 0;
  query_bounds within;
};
AOPS_WIRE(query_over, text, start_ms, end_ms, step_ms, within)

/// The text of a query as it is best read.
struct query_to_format {
  std::string text;
};
AOPS_WIRE(query_to_format, text)

/// The series that some of these selectors find.
struct series_to_list {
  std::vector<std::string> match; ///< At least one.
  query_bounds within;
};
AOPS_WIRE(series_to_list, match, within)

/// The names of labels that series have.
struct label_names_to_list {
  std::vector<std::string> match; ///< Of series that some of these find; empty: of all.
  query_bounds within;
};
AOPS_WIRE(label_names_to_list, match, within)

/// The values that series have of a label.
struct label_values_to_list {
  std::string label;
  std::vector<std::string> match; ///< As above.
  query_bounds within;
};
AOPS_WIRE(label_values_to_list, label, match, within)

/// What kinds of metrics there are.
struct metrics_to_list {
  std::string metric; ///< Empty: all.
  query_bounds within;
};
AOPS_WIRE(metrics_to_list, metric, within)

/// The answer, in the words of Prometheus.
struct query_answer {
  std::string data; ///< JSON.
  std::vector<std::string> warnings, infos;
};
AOPS_WIRE(query_answer, data, warnings, infos)

} // namespace aops
