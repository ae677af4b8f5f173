#include "runtime/core/check/rule_judge.hpp"

#include <algorithm>

namespace aops::check {

bool is_own_series(const data_item& item) {
  return item.type == "kpi" && item.label.empty() &&
         (item.name == up_series || item.name == duration_series);
}

std::string shown_series(const data_item& item) {
  std::string text = item.name;
  const char* before = "{";
  for (const auto& [name, value] : item.label) {
    text.append(before).append(name).append("=").append(value);
    before = ",";
  }
  return item.label.empty() ? text : text + "}";
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

std::string
rule_judge::reason(result_value value, int64_t t_ms, const std::string_view* why_silent) const {
  if (value == result_value::abnormal)
    return {};
  if (!evaluator_)
    return rule_->refusal;
  if (value == result_value::internal_error)
    return evaluator_->at(windows_[0]->end() - 1).reason;
  if (why_silent != nullptr)
    return std::string(*why_silent);
  auto i = lacking(t_ms);
  return i ? "no sample of " + shown_series(rule_->rule.data_list[*i]) : std::string();
}

size_t rule_judge::memory_bytes() const {
  return sizeof(*this) + windows_.capacity() * sizeof(windows_[0]) +
         (evaluator_ ? evaluator_->memory_bytes() : 0);
}

} // namespace aops::check
