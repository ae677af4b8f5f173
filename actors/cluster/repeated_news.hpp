#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace aops::actors {

/// What fails again and again is told again once a minute. Any thread.
class repeated_news {
public:
  /// Whether `what` about `who` is to be told now: it was not in the last minute. Beyond 256 pairs
  /// a minute nothing more is: strangers shall not fill the log.
  bool is_due(const std::string& who, const std::string& what) {
    std::lock_guard guard{mutex_};
    auto now = steady::now();
    std::erase_if(told_, [&](const auto& x) { return now - x.second >= again_after; });
    return told_.size() < most && told_.emplace(std::pair{who, what}, now).second;
  }

  /// What happens to `who` next is news again.
  void forget(const std::string& who) {
    std::lock_guard guard{mutex_};
    std::erase_if(told_, [&](const auto& x) { return x.first.first == who; });
  }

private:
  using steady = std::chrono::steady_clock;
  static constexpr std::chrono::minutes again_after{1};
  static constexpr size_t most = 256;

  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, steady::time_point> told_;
};

} // namespace aops::actors
