#include "actors/push/known_hosts.hpp"

#include "runtime/io/storage/host_repository.hpp"

namespace aops::actors {

expected<known_hosts::index_ptr> known_hosts::of_owner(const std::string& owner, int64_t most_ms) {
  constexpr size_t most_owners = 1000;
  auto now = store_->time->steady_ms();
  {
    std::lock_guard guard{mutex_};
    if (auto known = owners_.find(owner);
        known != owners_.end() && now - known->second.read_ms < most_ms)
      return known->second.hosts;
  }
  auto db = store_->pool->read();
  if (!db)
    return fail(std::move(db.error()));
  auto hosts = storage::host_repository{**db}.of_owner(owner);
  if (!hosts)
    return fail(std::move(hosts.error()));
  auto index = std::make_shared<const host_index>(std::move(*hosts), store_->config->scrape.port);
  std::lock_guard guard{mutex_};
  if (owners_.size() >= most_owners)
    owners_.clear();
  owners_.insert_or_assign(owner, entry{index, now});
  return index;
}

expected<host_record> known_hosts::find(const std::string& host_id) {
  auto db = store_->pool->read();
  if (!db)
    return fail(std::move(db.error()));
  return storage::host_repository{**db}.find(host_id);
}

} // namespace aops::actors
