#include "runtime/core/check/aggregates.hpp"

#include "runtime/core/expr/operators.hpp"

#include <algorithm>

namespace aops::check {

namespace {

bool spell_the_same(const data_item& a, const data_item& b) {
  return a.name == b.name && a.match == b.match && a.agg == b.agg && a.by == b.by;
}

} // namespace

label_set group_labels(const data_item& item, const label_set& series) {
  label_set result;
  if (item.by)
    for (const auto& name : *item.by)
      if (auto found = series.find(name); found != series.end() && !found->second.empty())
        result.insert(*found);
  return result;
}

// -- one sum

void accumulator::clear() {
  has_unreadable_ = false;
  count_ = 0;
  sum_.clear();
}

void accumulator::take(number x, aggregation how) {
  if (expr::is_unreadable(x)) {
    has_unreadable_ = true;
    return;
  }
  if (expr::is_nan(x))
    return;
  ++count_;
  if (how == aggregation::sum || how == aggregation::avg) {
    sum_.add(x);
  } else if (how != aggregation::count) {
    auto order = expr::compare(x, extreme_);
    bool beats = how == aggregation::min ? order < 0 : order > 0;
    if (count_ == 1 || beats || (order == 0 && x.is_integer())) // Of equal ones the integer.
      extreme_ = x;
  }
}

std::optional<number> accumulator::value(aggregation how) {
  if (has_unreadable_)
    return expr::unreadable_sample;
  if (count_ == 0)
    return {};
  switch (how) {
  case aggregation::count:
    return number::of(count_);
  case aggregation::sum:
    return sum_.total();
  case aggregation::avg:
    return number::of(expr::quotient(sum_.total(), number::of(count_)));
  default:
    return extreme_;
  }
}

// -- who uses them

uint32_t aggregates::use(const compiled_item& item) {
  for (auto& [id, x] : aggregates_)
    if (spell_the_same(x.item.item, item.item)) {
      ++x.users;
      return id;
    }
  auto id = next_++;
  aggregates_[id] = {item, 1, {}};
  if (!item.item.by)
    group_for(id, {});
  return id;
}

void aggregates::drop(uint32_t aggregate) {
  auto found = aggregates_.find(aggregate);
  if (--found->second.users > 0)
    return;
  for (const auto& [labels, id] : found->second.groups) {
    for (auto& groups : of_slot_)
      std::erase(groups, id);
    remove(id);
  }
  aggregates_.erase(found);
}

uint32_t aggregates::group_for(uint32_t aggregate, const label_set& labels) {
  auto [found, is_new] = aggregates_[aggregate].groups.try_emplace(labels, 0);
  if (!is_new)
    return found->second;
  auto id = static_cast<uint32_t>(groups_.size());
  if (free_groups_.empty()) {
    groups_.emplace_back();
  } else {
    id = free_groups_.back();
    free_groups_.pop_back();
    groups_[id] = {};
  }
  groups_[id].aggregate = aggregate;
  groups_[id].how = aggregates_[aggregate].item.agg;
  groups_[id].labels = labels;
  return found->second = id;
}

void aggregates::remove(uint32_t group) {
  groups_[group] = {};
  free_groups_.push_back(group);
}

std::vector<uint32_t> aggregates::groups_of(uint32_t aggregate) const {
  std::vector<uint32_t> result;
  if (auto found = aggregates_.find(aggregate); found != aggregates_.end())
    for (const auto& [labels, id] : found->second.groups)
      result.push_back(id);
  return result;
}

// -- members

void aggregates::add(uint32_t slot, const series_key& key) {
  if (slot >= of_slot_.size())
    of_slot_.resize(slot + 1);
  for (auto& [id, x] : aggregates_) {
    if (x.item.item.name != key.name || !x.item.match->matches(key.label))
      continue;
    auto group = group_for(id, group_labels(x.item.item, key.label));
    auto& groups = of_slot_[slot];
    if (std::find(groups.begin(), groups.end(), group) != groups.end())
      continue;
    groups.push_back(group);
    ++groups_[group].members;
  }
}

std::vector<uint32_t> aggregates::forget(const std::vector<uint32_t>& slots) {
  std::vector<uint32_t> gone;
  for (auto slot : slots) {
    if (slot >= of_slot_.size())
      continue;
    for (auto id : of_slot_[slot]) {
      auto& g = groups_[id];
      auto& x = aggregates_[g.aggregate];
      if (--g.members > 0 || !x.item.item.by)
        continue;
      x.groups.erase(g.labels);
      remove(id);
      gone.push_back(id);
    }
    of_slot_[slot].clear();
  }
  return gone;
}

// -- rounds

void aggregates::begin() {
  ++round_;
  touched_.clear();
}

void aggregates::take(uint32_t slot, number x) {
  if (slot >= of_slot_.size())
    return;
  for (auto id : of_slot_[slot]) {
    auto& g = groups_[id];
    if (g.round != round_) {
      g.round = round_;
      g.sum.clear();
      touched_.push_back(id);
    }
    g.sum.take(x, g.how);
  }
}

const std::vector<aggregates::derived>& aggregates::finish() {
  derived_.clear();
  for (auto id : touched_) {
    auto& g = groups_[id];
    if (auto value = g.sum.value(g.how))
      derived_.push_back({id, *value});
  }
  return derived_;
}

size_t aggregates::memory_bytes() const {
  size_t bytes = groups_.capacity() * sizeof(group) + of_slot_.capacity() * sizeof(of_slot_[0]);
  for (const auto& groups : of_slot_)
    bytes += groups.capacity() * sizeof(uint32_t);
  for (const auto& g : groups_)
    bytes += g.sum.memory_bytes() + g.labels.size() * 2 * sizeof(label_set::value_type);
  return bytes;
}

} // namespace aops::check
