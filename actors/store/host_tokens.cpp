#include "actors/store/host_tokens.hpp"

#include "runtime/io/storage/log_token_repository.hpp"

namespace aops::actors {

std::optional<std::string> host_token_cache::find(const std::string& token_hash, int64_t now_ms) {
  std::lock_guard guard{mutex_};
  auto it = all_.find(token_hash);
  if (it == all_.end() || it->second.until_ms < now_ms)
    return std::nullopt;
  return it->second.host_id;
}

void host_token_cache::keep(const std::string& token_hash, std::string host_id, int64_t now_ms) {
  constexpr size_t most = 100'000;
  std::lock_guard guard{mutex_};
  if (all_.size() >= most)
    all_.clear();
  all_.insert_or_assign(token_hash, entry{std::move(host_id), now_ms + good_ms});
}

void host_token_cache::clear() {
  std::lock_guard guard{mutex_};
  all_.clear();
}

expected<std::string>
host_of_token(const store_access& store, host_token_cache& tokens, const std::string& hash) {
  auto now = store.time->steady_ms();
  if (auto known = tokens.find(hash, now))
    return std::move(*known);
  auto db = store.pool->read();
  if (!db)
    return fail(std::move(db.error()));
  auto host = storage::log_token_repository{**db}.host_of(hash);
  if (host)
    tokens.keep(hash, *host, now);
  return host;
}

} // namespace aops::actors
