#include "actors/store/login_throttle.hpp"

namespace aops::actors {

bool login_throttle::allows(const std::string& account,
                            const std::string& address,
                            int64_t now_ms) {
  std::lock_guard guard{mutex_};
  auto it = entries_.find(key(account, address));
  if (it == entries_.end())
    return true;
  if (now_ms - it->second.since_ms >= window_ms_) {
    entries_.erase(it);
    return true;
  }
  return it->second.count < failures_;
}

void login_throttle::failed(const std::string& account,
                            const std::string& address,
                            int64_t now_ms) {
  std::lock_guard guard{mutex_};
  if (entries_.size() >= most_entries)
    std::erase_if(entries_,
                  [&](const auto& e) { return now_ms - e.second.since_ms >= window_ms_; });
  if (entries_.size() >= most_entries)
    entries_.clear(); // A flood of made-up names must not eat memory.
  auto& e = entries_[key(account, address)];
  if (e.count == 0 || now_ms - e.since_ms >= window_ms_)
    e = {now_ms, 0};
  ++e.count;
}

void login_throttle::succeeded(const std::string& account, const std::string& address) {
  std::lock_guard guard{mutex_};
  entries_.erase(key(account, address));
}

} // namespace aops::actors
