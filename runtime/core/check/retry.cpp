#include "runtime/core/check/retry.hpp"

#include <algorithm>
#include <limits>

namespace aops::check {

void retry_table::wait(entries::iterator e, int64_t due_ms) {
  e->second.due_ms = due_ms;
  e->second.waiting = true;
  by_due_.emplace(due_ms, &e->first);
}

void retry_table::erase(entries::iterator e) {
  if (e->second.waiting)
    by_due_.erase({e->second.due_ms, &e->first});
  by_age_.erase(e->second.order);
  entries_.erase(e);
}

void retry_table::give_up(entries::iterator e) {
  auto [dead, fresh] = dead_.insert(e->first);
  if (fresh)
    dead_by_age_.push_back(&*dead);
  erase(e);
  if (dead_.size() <= config_.max_dead)
    return;
  double discount = std::clamp(config_.dead_discount, 0.0, 1.0);
  auto share = static_cast<size_t>(static_cast<double>(dead_.size()) * discount);
  // At least what is too much, so that the bound holds whatever the discount.
  size_t drop = std::clamp(share, dead_.size() - config_.max_dead, dead_.size());
  for (; drop > 0; --drop) {
    dead_.erase(*dead_by_age_.front());
    dead_by_age_.pop_front();
  }
}

retry_fate retry_table::failed(const retry_key& key, int64_t now_ms) {
  if (dead_.contains(key))
    return retry_fate::ignored;
  auto found = entries_.find(key);
  bool known = found != entries_.end();
  if (known && found->second.waiting)
    return retry_fate::pending;
  if (!known) {
    found = entries_.emplace(key, entry{next_order_++, 0, 0, false}).first;
    by_age_.emplace(found->second.order, found);
  }
  if (found->second.retries >= config_.max_retry_num) {
    give_up(found);
    return retry_fate::given_up;
  }
  wait(found, now_ms + config_.cool_down_ms);
  if (entries_.size() <= config_.max_pending)
    return retry_fate::queued;
  ++displaced_;
  auto oldest = by_age_.begin()->second;
  bool itself = oldest == found;
  give_up(oldest);
  return itself ? retry_fate::given_up : retry_fate::queued;
}

bool retry_table::succeeded(const retry_key& key) {
  bool was_known = knows(key);
  auto first = key;
  first.end_ms = std::numeric_limits<int64_t>::min();
  auto is_beside = [&](const retry_key& k) {
    return k.user == key.user && k.host_id == key.host_id && k.check_item == key.check_item &&
           k.start_ms <= key.end_ms;
  };
  for (auto e = entries_.lower_bound(first); e != entries_.end() && is_beside(e->first);) {
    auto current = e++;
    if (current->first.end_ms <= key.end_ms)
      erase(current);
  }
  return was_known;
}

std::vector<retry_key> retry_table::due(int64_t now_ms, size_t budget) {
  std::vector<retry_key> result;
  while (result.size() < budget && !by_due_.empty() && by_due_.begin()->first <= now_ms) {
    auto found = entries_.find(*by_due_.begin()->second);
    by_due_.erase(by_due_.begin());
    found->second.waiting = false;
    ++found->second.retries;
    result.push_back(found->first);
  }
  return result;
}

void retry_table::put_back(const retry_key& key, int64_t now_ms) {
  auto found = entries_.find(key);
  if (found == entries_.end() || found->second.waiting)
    return;
  --found->second.retries;
  wait(found, now_ms);
}

void retry_table::forget(const std::string& user,
                         const std::string& host_id,
                         const std::string& check_item) {
  auto matches = [&](const retry_key& k) {
    return (user.empty() || k.user == user) && (host_id.empty() || k.host_id == host_id) &&
           (check_item.empty() || k.check_item == check_item);
  };
  for (auto e = entries_.begin(); e != entries_.end();) {
    auto current = e++;
    if (matches(current->first))
      erase(current);
  }
}

std::vector<time_range> backward_walk::next(size_t budget) {
  std::vector<time_range> ranges;
  while (ranges.size() < budget && !done()) {
    ranges.push_back({mark_ms_ - step_ms_, mark_ms_});
    mark_ms_ -= step_ms_;
  }
  return ranges;
}

tick_work
plan_tick(retry_table& retries, backward_walk& history, tick_budgets budgets, int64_t now_ms) {
  return {retries.due(now_ms, budgets.retries), history.next(budgets.backward)};
}

} // namespace aops::check
