#include "actors/host/history_gate.hpp"

#include <algorithm>

namespace aops::actors {

history_gate::ticket history_gate::new_ticket() {
  std::lock_guard guard{mutex_};
  return ++last_ticket_;
}

bool history_gate::enter(ticket t, const std::string& owner, std::function<void()> wake) {
  std::lock_guard guard{mutex_};
  if (inside_.size() < most_inside && waiting_.empty()) {
    inside_.insert(t);
    return true;
  }
  waiting_[owner].push_back({t, std::move(wake)});
  return false;
}

void history_gate::leave(ticket t) {
  std::function<void()> wake;
  {
    std::lock_guard guard{mutex_};
    if (inside_.erase(t) == 0) {
      for (auto i = waiting_.begin(); i != waiting_.end();) {
        std::erase_if(i->second, [&](const waiter& w) { return w.who == t; });
        i = i->second.empty() ? waiting_.erase(i) : std::next(i);
      }
      return;
    }
    wake = let_in();
  }
  if (wake)
    wake();
}

/// The next one of the owner after the last one.
std::function<void()> history_gate::let_in() {
  if (waiting_.empty() || inside_.size() >= most_inside)
    return nullptr;
  auto owner = waiting_.upper_bound(last_owner_);
  if (owner == waiting_.end())
    owner = waiting_.begin();
  auto next = std::move(owner->second.front());
  owner->second.pop_front();
  last_owner_ = owner->first;
  if (owner->second.empty())
    waiting_.erase(owner);
  inside_.insert(next.who);
  return std::move(next.wake);
}

size_t history_gate::inside() const {
  std::lock_guard guard{mutex_};
  return inside_.size();
}

size_t history_gate::waiting() const {
  std::lock_guard guard{mutex_};
  size_t n = 0;
  for (const auto& [owner, hosts] : waiting_)
    n += hosts.size();
  return n;
}

} // namespace aops::actors
