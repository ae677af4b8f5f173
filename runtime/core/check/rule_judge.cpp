#include "runtime/core/check/rule_judge.hpp"

#include <algorithm>

namespace aops::check {

bool is_own_series(const data_item& item) {
  return item.type == "kpi" && item.label.empty() &&
         (item.name == up_series || item.name == duration_series);
}

rule_judge::rule_judge(rule_set::rule_ptr rule, std::vector<const expr::series*> windows)
    : rule_(std::move(rule)), windows_(std::move(windows)) {
  if (rule_->program)
    evaluator_.emplace(rule_->program, windows_);
  const auto& items = rule_->rule.data_list;
  only_own_series_ = std::all_of(items.begin(), items.end(), is_own_series);
}

std::optional<size_t> rule_judge::lacking(int64_t t_ms) const {
  for (size_t i = 0; i < windows_.size(); ++i) {
    const auto& w = *windows_[i];
    if (w.empty() || (i == 0 && w.time(w.end() - 1) != t_ms))
      return i;
  }
  return {};
}

std::optional<result_value> rule_judge::at(int64_t t_ms, bool answered) {
  if (!evaluator_)
    return result_value::internal_error;
  if ((!answered && !only_own_series_) || lacking(t_ms))
    return result_value::no_data;
  switch (evaluator_->verdict_at(windows_[0]->end() - 1)) {
  case expr::verdict::normal:
    return {};
  case expr::verdict::abnormal:
    return result_value::abnormal;
  case expr::verdict::error:
    break;
  }
  return result_value::internal_error;
}

std::string rule_judge::reason() const {
  if (!evaluator_)
    return rule_->refusal;
  return windows_[0]->empty() ? std::string() : evaluator_->at(windows_[0]->end() - 1).reason;
}

size_t rule_judge::memory_bytes() const {
  return sizeof(*this) + windows_.capacity() * sizeof(windows_[0]) +
         (evaluator_ ? evaluator_->memory_bytes() : 0);
}

} // namespace aops::check
