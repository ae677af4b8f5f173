#pragma once

#include "messages/check.hpp"
#include "runtime/core/check/live.hpp"
#include "runtime/core/check/results.hpp"
#include "runtime/core/check/rule_set.hpp"

#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace aops::check {

inline std::ostream& operator<<(std::ostream& out, result_value x) { return out << to_string(x); }
inline std::ostream& operator<<(std::ostream& out, const interval& x) {
  return out << "[" << x.start_ms << ", " << x.end_ms << " " << to_string(x.value) << "]";
}
inline std::ostream& operator<<(std::ostream& out, const std::vector<interval>& xs) {
  for (const auto& x : xs)
    out << x;
  return out;
}
constexpr auto abnormal = result_value::abnormal;
constexpr auto no_data = result_value::no_data;
constexpr auto internal_error = result_value::internal_error;

/// A rule over the named series.
inline check_rule make_rule(std::string item,
                            std::string condition,
                            std::vector<std::string> names,
                            std::string type = "kpi") {
  check_rule rule;
  rule.check_item = std::move(item);
  rule.condition = std::move(condition);
  for (auto& name : names)
    rule.data_list.push_back({std::move(name), type, {}});
  return rule;
}

inline std::shared_ptr<const rule_set> make_rules(std::vector<check_rule> rules) {
  std::vector<rule_source> sources;
  for (auto& rule : rules)
    sources.push_back({std::move(rule), {}, 0});
  return rule_set::build(std::move(sources));
}

/// The rows of one host as a store keeps them.
class row_store {
public:
  /// @param fitting Whether changes go through `rewrite`; else they are applied as they are.
  explicit row_store(int64_t period_ms, bool fitting = true)
      : period_ms_(period_ms), fitting_(fitting) {}

  void apply(const rule_change& judged) {
    if (!fitting_)
      return replace(judged);
    auto needed = rows_needed(judged, period_ms_);
    std::vector<stored_row> existing;
    for (const auto& x : rows_[{judged.check_item, judged.labels}])
      if (x.row.end_ms >= needed.from_ms && x.row.start_ms <= needed.until_ms)
        existing.push_back(x);
    for (const auto& change : rewrite(existing, judged, period_ms_))
      replace(change);
  }
  void apply(const round_result& result) {
    for (const auto& change : result.changes)
      apply(change);
  }

  std::vector<interval> rows(const std::string& item, const label_set& labels = {}) const {
    std::vector<interval> result;
    if (auto found = rows_.find({item, labels}); found != rows_.end())
      for (const auto& x : found->second)
        result.push_back(x.row);
    return result;
  }
  std::vector<std::string> digests(const std::string& item) const {
    std::vector<std::string> result;
    for (const auto& [key, rows] : rows_)
      for (const auto& x : rows)
        if (key.first == item)
          result.push_back(x.rule_digest);
    return result;
  }
  /// Each instance's newest row.
  std::vector<last_row> last_rows() const {
    std::vector<last_row> result;
    for (const auto& [key, rows] : rows_)
      if (!rows.empty())
        result.push_back({key.first, rows.back().row, rows.back().rule_digest, key.second});
    return result;
  }
  /// Which instances of a rule have rows.
  std::vector<label_set> instances(const std::string& item) const {
    std::vector<label_set> result;
    for (const auto& [key, rows] : rows_)
      if (key.first == item && !rows.empty())
        result.push_back(key.second);
    return result;
  }

private:
  /// What `result_repository::replace_range` does.
  void replace(const rule_change& change) {
    auto& rows = rows_[{change.check_item, change.labels}];
    std::erase_if(rows, [&](const stored_row& x) {
      return x.row.start_ms >= change.replace_from_ms && x.row.end_ms <= change.replace_until_ms;
    });
    for (const auto& row : change.rows) {
      auto same_key = std::find_if(rows.begin(), rows.end(), [&](const stored_row& x) {
        return x.row.start_ms == row.start_ms && x.row.value == row.value;
      });
      if (same_key == rows.end()) {
        rows.push_back({row, change.rule_digest});
      } else {
        same_key->row.end_ms = std::max(same_key->row.end_ms, row.end_ms);
        same_key->rule_digest = change.rule_digest;
      }
    }
    std::sort(rows.begin(), rows.end(), [](auto& a, auto& b) { return a.row < b.row; });
  }

  int64_t period_ms_;
  bool fitting_;
  std::map<std::pair<std::string, label_set>, std::vector<stored_row>> rows_;
};

} // namespace aops::check
