#include "runtime/core/check/rounds.hpp"

#include "runtime/core/check/rule_judge.hpp"
#include "runtime/core/check/seasonal_model.hpp"

#include <algorithm>

namespace aops::check {

namespace {

bool is_of(const compiled_item& x, const series_key& key) {
  if (x.item.type != "kpi" || !x.is_needed || x.item.name != key.name)
    return false;
  return x.match ? x.match->matches(key.label) : x.item.label == key.label;
}

} // namespace

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
                               std::span<const series_entry> series)
    : rules_(rules.begin(), rules.end()) {
  add_series(series);
}

void stored_history::add_series(std::span<const series_entry> series) {
  auto is_needed = [&](const series_key& key) {
    return std::any_of(rules_.begin(), rules_.end(), [&](const rule_set::rule_ptr& rule) {
      return std::any_of(rule->items.begin(), rule->items.end(), [&](const compiled_item& x) {
        return is_of(x, key);
      });
    });
  };
  auto needs_all = [&](const series_key& key) {
    return std::any_of(rules_.begin(), rules_.end(), [&](const rule_set::rule_ptr& rule) {
      return !rule->seasonal && std::any_of(rule->items.begin(),
                                            rule->items.end(),
                                            [&](const compiled_item& x) { return is_of(x, key); });
    });
  };
  for (const auto& s : series)
    if (!by_key_.contains(s.key) && is_needed(s.key)) {
      by_key_.emplace(s.key, 0);
      kept_.push_back({s.slot, s.key, {}, !needs_all(s.key)});
    }
  std::sort(
    kept_.begin(), kept_.end(), [](const kept& a, const kept& b) { return a.slot < b.slot; });
  for (size_t i = 0; i < kept_.size(); ++i) {
    by_key_[kept_[i].key] = i;
    if (kept_[i].slot >= by_slot_.size())
      by_slot_.resize(kept_[i].slot + 1);
    by_slot_[kept_[i].slot] = i;
  }
}

void stored_history::add(const round& r) {
  marks_.push_back({r.time_ms, r.answered, r.duration_s});
  for (const auto& s : r.samples) {
    if (s.slot >= by_slot_.size() || !by_slot_[s.slot])
      continue;
    auto& to = kept_[*by_slot_[s.slot]];
    auto& points = to.points;
    constexpr auto slot = seasonal_model::slot_ms;
    if (to.may_be_thin && r.time_ms < thin_before_ms_ && !points.empty() &&
        points.back().time_ms / slot == r.time_ms / slot)
      continue;
    if (points.empty() || points.back().time_ms < r.time_ms)
      points.push_back({r.time_ms, s.value});
  }
}

run_data stored_history::data_for(const compiled_rule& rule) const {
  run_data data;
  data.rounds = marks_;
  for (const auto& x : rule.items) {
    auto& d = data.items.emplace_back();
    if (x.match != nullptr) {
      for (const auto& k : kept_)
        if (is_of(x, k.key))
          d.series.push_back({k.slot, k.key.label, k.points});
    } else if (auto found = by_key_.find({x.item.name, x.item.label}); found != by_key_.end()) {
      d.points = kept_[found->second].points;
    }
  }
  data.items.resize(std::max(data.items.size(), rule.rule.data_list.size()));
  return data;
}

} // namespace aops::check
