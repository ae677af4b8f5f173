#include "actors/store/login_throttle.hpp"

namespace aops::actors {

bool login_throttle::is_below(const std::string& key, int64_t limit, int64_t now_ms) {
  auto it = entries_.find(key);
  if (it == entries_.end())
    return true;
  if (now_ms - it->second.since_ms >= window_ms_) {
    entries_.erase(it);
    return true;
  }
  return it->second.count < limit;
}

void login_throttle::count(const std::string& key, int64_t now_ms) {
  auto& e = entries_[key];
  if (e.count == 0 || now_ms - e.since_ms >= window_ms_)
    e = {now_ms, 0};
  ++e.count;
}

bool login_throttle::allows(const std::string& account,
                            const std::string& address,
                            int64_t now_ms) {
  std::lock_guard guard{mutex_};
  return is_below(key(account, address), failures_, now_ms) &&
         (account.empty() || is_below(key({}, address), failures_ * names_of_an_address, now_ms));
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
  count(key(account, address), now_ms);
  if (!account.empty())
    count(key({}, address), now_ms);
}

void login_throttle::succeeded(const std::string& account, const std::string& address) {
  std::lock_guard guard{mutex_};
  entries_.erase(key(account, address));
}

} // namespace aops::actors
