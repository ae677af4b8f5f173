#pragma once

#include "messages/check.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Conditions tried out as they are typed.
namespace aops {

/// POST /check/condition/eval: judges a condition on a host's stored samples; stores nothing.
struct condition_to_eval {
  std::string condition;
  std::string host_id;
  std::vector<moment> time_range;
  std::string for_ = {};
};
#define AOPS_FIELDS_condition_to_eval(F)                                                           \
  F(condition,                                                                                     \
    required().text(1, 4096),                                                                      \
    "Series stand in it by name: `node_load1 > 2`, `a{mountpoint=\"/\"} / b < 0.1`.")              \
  F(host_id, required().text(1, 64), "Host.")                                                      \
  F(time_range, required().items(2, 2), "Start and end.")                                          \
  F(for_, optional_field().text(1, 32), "Hold so long before it is `Abnormal`: `5m`.")
AOPS_MESSAGE(condition_to_eval)

/// An operand of a comparison of the condition, for one instance, over time.
struct evaluated_part {
  std::string text;
  label_set labels;
  int64_t points = 0;
  maybe<number> min, p50, p95, p99, max, last;
  std::vector<tested_value> values; ///< Thinned out evenly, at most 240.
};
#define AOPS_FIELDS_evaluated_part(F)                                                              \
  F(text, required(), "As it was typed.")                                                          \
  F(labels, required(), "Of the instance.")                                                        \
  F(points, required(), "Times at which it had a value.")                                          \
  F(min, optional_field().additive(), "Least value.")                                              \
  F(p50, optional_field().additive(), "Median.")                                                   \
  F(p95, optional_field().additive(), "At most this 95 % of the time.")                            \
  F(p99, optional_field().additive(), "At most this 99 % of the time.")                            \
  F(max, optional_field().additive(), "Greatest value.")                                           \
  F(last, optional_field().additive(), "Newest value.")                                            \
  F(values, required(), "Over time, thinned out to at most 240.")
AOPS_MESSAGE(evaluated_part)

struct condition_evaluated {
  check_rule rule;
  std::vector<aops::check_result> check_result;
  int64_t points = 0;
  int64_t without_data = 0;
  std::vector<evaluated_part> parts;
  std::vector<tested_series> series;
  std::vector<std::string> warnings;
};
#define AOPS_FIELDS_condition_evaluated(F)                                                         \
  F(rule, required(), "A rule of this condition, to be given a name.")                             \
  F(check_result, required(), "What such a rule would store.")                                     \
  F(points, required(), "Points of the first series judged.")                                      \
  F(without_data, required(), "Points that came to `No data`, of all instances.")                  \
  F(parts, required(), "What the condition compares, over time.")                                  \
  F(series, required(), "What the host has under the names in the condition.")                     \
  F(warnings, required(), "What is odd about the condition.")
AOPS_MESSAGE(condition_evaluated)

} // namespace aops
