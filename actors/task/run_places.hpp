#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <mutex>
#include <set>
#include <string>

namespace aops::actors {

/// How many runs are at work on this node at once: who comes first goes first. Any thread.
class run_places {
public:
  explicit run_places(size_t most) : most_(most) {}

  /// Whether the run may work; else it has its place in the queue and asks again.
  bool enter(const std::string& run) {
    std::lock_guard held{mutex_};
    if (inside_.contains(run))
      return true;
    auto place = std::find(queue_.begin(), queue_.end(), run);
    if (place == queue_.end())
      place = queue_.insert(queue_.end(), run);
    if (static_cast<size_t>(place - queue_.begin()) + inside_.size() >= most_)
      return false;
    queue_.erase(place);
    inside_.insert(run);
    return true;
  }

  void leave(const std::string& run) {
    std::lock_guard held{mutex_};
    inside_.erase(run);
    std::erase(queue_, run);
  }

private:
  const size_t most_;
  std::mutex mutex_;
  std::set<std::string> inside_;
  std::deque<std::string> queue_;
};

} // namespace aops::actors
