#pragma once

#include "messages/rounds.hpp"
#include "runtime/core/check/kept_series.hpp"
#include "runtime/core/check/log_judge.hpp"
#include "runtime/core/check/results.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace aops::check {

/// What a look at the lines asks the store for.
struct log_findings {
  std::vector<rule_change> changes;
  std::vector<alert_change> alerts;
  size_t judged = 0; ///< Rules that were looked at.
};

/// The live state of one host's rules with `log` items. They are judged at the times of their main
/// data, so it knows no rounds: whoever has it takes in lines as they come and looks from time to
/// time. Each look judges again what lies within the delay before the last one, so that lines that
/// come late count. Pure; for one thread at a time.
class log_checker {
public:
  /// Lines, and bytes of them, that all rules of a host may look back on.
  static constexpr size_t most_lines = 20'000, most_bytes = 8 << 20;
  /// What a look found is told as an alert for so long, unless `keep_firing_for` says longer.
  static constexpr int64_t usual_hold_ms = 60'000;
  /// So much of a line is looked at.
  static constexpr size_t most_text = 8192;

  explicit log_checker(int64_t period_ms) : period_ms_(period_ms) {}

  /// Takes those rules of a set that look at lines and apply to these groups; the state of those
  /// that did not change stays. @return New ones.
  std::vector<std::string> set_rules(const rule_set& rules, std::span<const std::string> groups);

  bool empty() const { return rules_.empty(); }
  /// What lines must be asked for: each `log` item once.
  std::vector<data_item> items() const;
  /// Series of numbers beside the lines.
  std::vector<series_key> numbers() const;
  /// How far back lines must be known to judge what comes.
  int64_t history_ms() const;

  /// Judging goes on after this time. @param alerts What was not well by the last commit.
  void resume(int64_t judged_until_ms, int64_t now_ms, std::span<const alert_change> alerts);

  /// A line that came; one that is known is not taken twice.
  void take(const logged_line& x);
  /// A number beside lines, in the order of time.
  void take(const series_key& key, point x);
  /// Lines are missing, for this reason: each rule says so once.
  void lack(std::string why) { lack_ = std::move(why); }

  /// Judges up to a time, not included.
  log_findings look(int64_t until_ms, int64_t delay_ms);

  /// Ends what rules that are gone had open. @return For the next commit.
  std::vector<alert_change> take_ended(int64_t now_ms);
  bool has(const std::string& check_item) const { return rules_.contains(check_item); }

private:
  struct open_alert {
    std::string value, severity;
    int64_t since_ms = 0;
  };
  struct bound_log_rule {
    log_judge judge;
    std::set<std::pair<int64_t, uint64_t>> known; ///< Lines, by time.
    bool has_news = true;
    std::optional<int64_t> last_row_ms;           ///< A row that was told begins here or later.
    std::optional<int64_t> abnormal_ms, error_ms; ///< When it was that last.
    int64_t since_ms = 0;
    std::string reason;
    std::optional<open_alert> open;
  };

  void look_at(bound_log_rule& b, int64_t from_ms, int64_t until_ms, log_findings& to);
  void tell(bound_log_rule& b, int64_t until_ms, log_findings& to);
  std::optional<result_value> value_of(const bound_log_rule& b, int64_t until_ms) const;

  int64_t period_ms_;
  std::map<std::string, bound_log_rule> rules_;
  std::vector<alert_change> ended_;
  std::optional<int64_t> judged_until_ms_;
  int64_t begun_ms_ = 0;
  std::string lack_;
};

} // namespace aops::check
