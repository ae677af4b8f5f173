#include "runtime/core/schedule/fair_queue.hpp"

#include <algorithm>

namespace aops::schedule {

bool fair_queue::add(const std::string& owner, const std::string& job) {
  if (!known_.insert(job).second)
    return false;
  waiting_[owner].push_back(job);
  return true;
}

std::optional<std::string> fair_queue::next() {
  if (running_.size() >= limit_ || waiting_.empty())
    return std::nullopt;
  auto turn = waiting_.upper_bound(last_owner_);
  if (turn == waiting_.end())
    turn = waiting_.begin();
  last_owner_ = turn->first;
  auto job = std::move(turn->second.front());
  turn->second.pop_front();
  if (turn->second.empty())
    waiting_.erase(turn);
  running_.insert(job);
  return job;
}

void fair_queue::ended(const std::string& job) {
  if (known_.erase(job) == 0)
    return;
  if (running_.erase(job) != 0)
    return;
  for (auto it = waiting_.begin(); it != waiting_.end(); ++it) {
    auto& jobs = it->second;
    if (auto at = std::find(jobs.begin(), jobs.end(), job); at != jobs.end()) {
      jobs.erase(at);
      if (jobs.empty())
        waiting_.erase(it);
      return;
    }
  }
}

size_t fair_queue::waiting_of(const std::string& owner) const {
  auto found = waiting_.find(owner);
  return found == waiting_.end() ? 0 : found->second.size();
}

} // namespace aops::schedule
