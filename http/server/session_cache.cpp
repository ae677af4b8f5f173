#include "http/server/session_cache.hpp"

#include "runtime/base/digest.hpp"

namespace aops::http {

session_cache::session_cache(lookup ask, limits l, const base::time_source& time)
    : ask_(std::move(ask)), limits_(l), time_(time) {}

expected<caller> session_cache::authenticate(std::string_view token) {
  if (token.empty())
    return fail(ec::session_invalid);
  return authenticate_hash(base::sha256_hex(token));
}

expected<caller> session_cache::authenticate_hash(const std::string& token_hash) {
  auto now = time_.steady_ms();
  std::unique_lock lock{mutex_};
  if (auto it = entries_.find(token_hash); it != entries_.end() && it->second.until_ms > now)
    return it->second.who;
  auto epoch = epoch_;
  lock.unlock();
  auto who = ask_ ? ask_(token_hash) : fail(ec::session_invalid);
  if (!who)
    return who;
  who->session = token_hash;
  remember(token_hash, *who, now, epoch);
  return who;
}

void session_cache::remember(const std::string& token_hash,
                             const caller& who,
                             int64_t asked_ms,
                             uint64_t epoch) {
  std::lock_guard lock{mutex_};
  if (epoch != epoch_)
    return;
  if (entries_.size() >= limits_.max_entries && !entries_.contains(token_hash)) {
    std::erase_if(entries_, [&](const auto& e) { return e.second.until_ms <= asked_ms; });
    if (entries_.size() >= limits_.max_entries)
      entries_.clear();
  }
  entries_.insert_or_assign(token_hash, entry{who, asked_ms + limits_.life_ms});
}

void session_cache::forget(const std::string& token_hash) {
  std::lock_guard lock{mutex_};
  ++epoch_;
  entries_.erase(token_hash);
}

void session_cache::forget_user(const std::string& user) {
  std::lock_guard lock{mutex_};
  ++epoch_;
  std::erase_if(entries_, [&](const auto& e) { return e.second.who.user == user; });
}

size_t session_cache::size() const {
  std::lock_guard lock{mutex_};
  return entries_.size();
}

} // namespace aops::http
