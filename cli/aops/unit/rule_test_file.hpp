#pragma once

#include "cli/aops/text/json.hpp"
#include "runtime/core/promql/series_notation.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace aops::cli {

/// Which alerts of a name fire at a time.
struct alert_test {
  int64_t time_ms = 0;
  std::string name;
  std::vector<std::pair<promql::labels, promql::labels>> alerts; ///< Labels, annotations.
};

/// What a query comes to at a time.
struct expression_test {
  int64_t time_ms = 0;
  std::string text;
  std::vector<std::pair<promql::labels, double>> samples;
  std::string problem; ///< A sample that does not read.
};

struct rule_test_group {
  std::string name;
  int64_t interval_ms = 0; ///< Between the points of its series.
  std::vector<promql::noted_series> series;
  std::vector<alert_test> alerts;
  std::vector<expression_test> expressions;
  std::map<std::string, std::string> external_labels;
  std::string external_url;

  /// The last time that something is asked about.
  int64_t last_ms() const;
};

/// A file of `promtool test rules`.
struct rule_tests {
  std::vector<std::string> rule_files;
  int64_t interval_ms = 60'000;   ///< Of evaluation.
  std::vector<std::string> order; ///< Groups of rules by name.
  bool is_fuzzy = false;          ///< Numbers that differ by their last digit are equal.
  std::vector<rule_test_group> groups;
};

/// ec::bad_request with the place in the file, such as `tests[0].input_series[1]: …`.
expected<rule_tests> read_rule_tests(const json& content);

} // namespace aops::cli
