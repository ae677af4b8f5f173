#pragma once

#include "messages/check.hpp"
#include "messages/eval.hpp"
#include "runtime/core/check/run.hpp"
#include "runtime/core/check/series_knowledge.hpp"

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// Rules tried out: what a run says, as users see it.
namespace aops::check {

/// So many values of parts a trial collects; what comes later is told to be left out.
inline constexpr size_t most_tried_values = 200'000;
/// So many of one part are shown.
inline constexpr size_t most_shown_values = 240;

/// Nothing for what is no number.
std::optional<number> number_in(const expr::value& x);

/// What a part of a condition was over time, for one instance.
struct part_course {
  std::string text;
  label_set labels;
  std::vector<std::pair<int64_t, number>> values; ///< Where it was a number.
};

/// By instance, then part.
std::vector<part_course> courses_of(const run_result& result);

/// At most so many of the values, evenly, the first and the last among them.
std::vector<tested_value> thinned(const std::vector<std::pair<int64_t, number>>& values,
                                  size_t most);

/// What would be stored, by instance.
std::vector<check_result> rows_of(const compiled_rule& rule,
                                  const std::string& host_id,
                                  const run_request& request,
                                  const run_result& result);

/// Points that came to `No data`, of all instances; of a whole range all its points, one at least.
int64_t points_without_data(const run_result& result);

/// @param known Of the host.
rule_tested tested(const compiled_rule& rule,
                   const std::string& host_id,
                   const run_request& request,
                   const run_result& result,
                   const series_catalogue& known);

/// The same of a condition that was typed: its series stand in parts by name, and parts have
/// quantiles.
condition_evaluated evaluated(const compiled_rule& rule,
                              const std::string& host_id,
                              const run_request& request,
                              const run_result& result,
                              const series_catalogue& known);

} // namespace aops::check
