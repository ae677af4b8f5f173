#pragma once

#include "runtime/core/check/log_lines.hpp"
#include "runtime/core/check/run.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace aops::check {

/// The lines, and the numbers beside them, that one rule with a `log` item looks at, and what it
/// says of them. The one judgement that live detection and runs over the past share.
class log_judge {
public:
  log_judge(rule_set::rule_ptr rule, int64_t period_ms);

  /// Whether some item means the line; then it is kept.
  bool take(const logged_line& x);
  /// A number of item `i`; of several of one time the first counts.
  void take(size_t i, point x);

  /// Points of `$0` with start <= t < end that are not well. @param judged How many there are.
  std::vector<point_result> judge(int64_t start_ms, int64_t end_ms, size_t* judged = nullptr) const;

  /// Forgets what is not needed to judge from here on.
  void forget_before(int64_t time_ms);
  /// Forgets the oldest lines beyond these; whether there were any.
  bool forget_beyond(size_t lines, size_t bytes);

  const rule_set::rule_ptr& rule() const { return rule_; }
  /// Items that are numbers of named series: their places in the `data_list`.
  const std::vector<size_t>& numbers() const { return numbers_; }
  bool lacks_numbers() const;                            ///< Of some such item there are none.
  int64_t last_line_ms() const { return last_line_ms_; } ///< Of `$0`; 0: none came.
  int64_t history_ms() const { return history_ms_; }
  size_t bytes() const { return bytes_; }

private:
  rule_set::rule_ptr rule_;
  int64_t period_ms_, history_ms_, last_line_ms_ = 0;
  std::vector<std::vector<log_point>> entries_; ///< By item.
  std::vector<std::vector<point>> points_;      ///< By item.
  std::vector<size_t> numbers_;
  size_t bytes_ = 0, lines_ = 0;
};

/// One rule with a `log` item over one range: `run_rule` for data that comes piece by piece.
class log_run {
public:
  /// Points that are told of, at most; the rest of the range is an error.
  static constexpr size_t most_points = 200'000;
  static constexpr size_t most_reasons = 20'000; ///< Of these, so many with their lines.
  static constexpr size_t most_lines = 50'000, most_bytes = 32 << 20; ///< In one look-back.

  log_run(rule_set::rule_ptr rule, const run_request& request);

  void take(const logged_line& x) { judge_.take(x); }
  /// The numbers beside the lines, all of them.
  void take(const run_data& numbers);
  /// All lines before this time are there.
  void judge_until(int64_t time_ms);
  /// Lines are missing, for this reason: what they would have told is not known.
  void lack(std::string reason) { lack_ = std::move(reason); }
  /// After the last of them.
  run_result result();

private:
  run_request request_;
  log_judge judge_;
  run_result result_;
  int64_t judged_until_ms_;
  std::string lack_;
};

} // namespace aops::check
