#pragma once

#include "runtime/base/json_library.hpp"
#include "runtime/core/promql/engine.hpp"
#include "runtime/core/rulefile/template_text.hpp"

#include <string>
#include <utility>
#include <vector>

namespace aops::rulefile {

/// A text of a rule whose templates were read: a label or an annotation.
struct named_text {
  std::string name, text;
  template_text made;
};

/// An alerting or a recording rule of Prometheus.
struct rule {
  std::string name; ///< Of the alert, or of the series that is recorded.
  bool is_alert = false;
  std::string expression;
  promql::query query;
  int64_t for_ms = 0, keep_firing_ms = 0;
  std::vector<named_text> labels, annotations; ///< By name. Labels of a recording rule are plain.
};

struct rule_group {
  std::string name;
  int64_t interval_ms = 0; ///< 0: that of the server.
  int64_t offset_ms = 0;   ///< So much before its time it reads and writes series.
  size_t limit = 0;        ///< Of alerts or series of a rule; 0: none.
  std::vector<rule> rules;
};

/// The groups of a rule file, `{groups: [...]}`. A label of a group is one of each of its rules.
/// @return ec::bad_request such as `group "a", rule 2 ("Down"): field "for": no duration: x`;
/// fields that are unknown are refused.
expected<std::vector<rule_group>> read_groups(const nlohmann::ordered_json& file);

/// A duration of Prometheus or a number 0; negative when it is none.
int64_t duration_of(const nlohmann::ordered_json& value);

} // namespace aops::rulefile
