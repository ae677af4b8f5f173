#include "runtime/core/check/rounds.hpp"

#include "runtime/core/check/rule_judge.hpp"

namespace aops::check {

std::vector<round> rounds_on_grid(std::span<const raw_series> series,
                                  std::span<const int64_t> grid_times,
                                  int64_t period_ms) {
  std::vector<round> rounds;
  for (int64_t t : grid_times) {
    round r{t, false, 0, {}};
    std::optional<bool> is_up;
    for (const auto& s : series) {
      auto found = nearest_sample(s.points, t, period_ms);
      if (s.slot == kept_series::up)
        is_up = found && found->value.as_double() != 0;
      else if (found && s.slot == kept_series::duration)
        r.duration_s = found->value.as_double();
      else if (found)
        r.samples.push_back({s.slot, found->value});
    }
    r.answered = is_up.value_or(!r.samples.empty());
    if (!r.answered)
      r.samples.clear(); // Left over from the round before.
    rounds.push_back(std::move(r));
  }
  return rounds;
}

stored_history::stored_history(std::span<const rule_set::rule_ptr> rules,
                               std::span<const series_entry> series) {
  for (const auto& rule : rules)
    for (const auto& item : rule->rule.data_list)
      if (item.type == "kpi")
        wanted_.try_emplace({item.name, item.label}, wanted_.size());
  points_.resize(wanted_.size());
  for (const auto& s : series)
    if (auto found = wanted_.find(s.key); found != wanted_.end())
      by_slot_[s.slot] = found->second;
}

void stored_history::add(const round& r) {
  marks_.push_back({r.time_ms, r.answered, r.duration_s});
  for (const auto& s : r.samples) {
    auto found = by_slot_.find(s.slot);
    if (found == by_slot_.end())
      continue;
    auto& points = points_[found->second];
    if (points.empty() || points.back().time_ms < r.time_ms)
      points.push_back({r.time_ms, s.value});
  }
}

run_data stored_history::data_for(const compiled_rule& rule) const {
  run_data data;
  data.rounds = marks_;
  for (const auto& item : rule.rule.data_list) {
    auto& d = data.items.emplace_back();
    if (auto found = wanted_.find({item.name, item.label}); found != wanted_.end())
      d.points = points_[found->second];
  }
  return data;
}

} // namespace aops::check
