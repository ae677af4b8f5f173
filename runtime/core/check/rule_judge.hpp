#pragma once

#include "runtime/core/check/results.hpp"
#include "runtime/core/check/rule_set.hpp"
#include "runtime/core/expr/evaluator.hpp"
#include "runtime/core/expr/series.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aops::check {

/// Series that every round has, answered or not; made here, whatever the exporter says.
inline constexpr std::string_view up_series = "up";
inline constexpr std::string_view duration_series = "scrape_duration_seconds";
/// Whether an item names one of them.
bool is_own_series(const data_item& item);

/// `name{label=value,…}`.
std::string shown_series(const data_item& item);

/// Why there is no data, where nobody knows it better.
inline constexpr std::string_view no_answer = "the host did not answer";

/// What one rule says of one round of one host on the grid: the one judgement that live detection,
/// replay and explicit runs on stored samples share.
///
/// All samples of a round carry its grid time, so alignment is the identity: a series either has a
/// sample at t or has none there. Nothing is filled in for `$0`; another item that lacks a sample
/// gives its latest one that is not older than the rule's horizon (look-back and one period).
class rule_judge {
public:
  /// @param windows `windows[i]` is `$i`; must outlive this, and hold no point older than the
  /// rule's horizon when asked.
  rule_judge(rule_set::rule_ptr rule, std::vector<const expr::series*> windows);

  /// Nothing when normal. `No data` when the host did not answer and the rule needs more than its
  /// own series, when `$0` has no point at `t_ms`, or when another item has no point at all.
  /// `Internal error` when the condition fails there or the rule was refused.
  std::optional<result_value> at(int64_t t_ms, bool answered);

  /// Why `at` was not `Abnormal`. @param why_silent Null: the round answered.
  std::string
  reason(result_value value, int64_t t_ms, const std::string_view* why_silent = nullptr) const;
  /// The first item for whose lack of points `at` says `No data` in an answered round.
  std::optional<size_t> lacking(int64_t t_ms) const;

  const compiled_rule& rule() const { return *rule_; }
  size_t memory_bytes() const;

private:
  rule_set::rule_ptr rule_;
  std::vector<const expr::series*> windows_;
  mutable std::optional<expr::evaluator> evaluator_;
  bool only_own_series_ = false;
};

} // namespace aops::check
