#pragma once

#include "runtime/core/check/host_labels.hpp"
#include "runtime/core/check/rule_set.hpp"
#include "runtime/core/expr/series.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace aops::check {

struct item_source;

/// The query of a rule on one host, evaluated round after round over the windows of its series.
class rule_query {
public:
  /// An element of the result: its labels but for those of the host, and its value.
  struct element {
    label_set labels;
    double value = 0;
  };

  /// @param rule Has a query.
  explicit rule_query(rule_set::rule_ptr rule);
  ~rule_query();

  /// The windows are others than before, or stand for another host.
  void reset();

  /// @param sources Of the rule's items; they and what they look at outlive this or a `reset`.
  /// @param rounds Points of `up`: all rounds that took place.
  /// @returns The elements by labels. ec::bad_request as `promql::live_query::at`, and when two
  /// have the same labels beside those of the host.
  expected<std::vector<element>> at(const std::vector<item_source>& sources,
                                    const expr::series& rounds,
                                    const promql::labels& host,
                                    int64_t t_ms);

private:
  class windows;

  rule_set::rule_ptr rule_;
  std::unique_ptr<windows> windows_;
  std::optional<promql::live_query> live_;
};

/// What a rule tells with an alert: its labels and annotations filled in. A text that cannot be
/// filled in says so.
struct told_texts {
  label_set labels, annotations;
};
told_texts told_texts_of(const compiled_query& query,
                         const label_set& instance,
                         const promql::labels& host,
                         double value);

/// In one line why there is an alert: the summary or the description, else the value.
std::string why_told(const told_texts& told, double value);

} // namespace aops::check
