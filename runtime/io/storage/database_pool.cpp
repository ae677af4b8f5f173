#include "runtime/io/storage/database_pool.hpp"

namespace aops::storage {

expected<database_pool::lease> database_pool::read(std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  auto is_ready = [this] { return !free_.empty() || readers_ < most_readers_; };
  if (!returned_.wait_for(lock, patience, is_ready))
    return fail(ec::overloaded, "store: all connections that read are in use");
  if (!free_.empty()) {
    auto db = std::move(free_.back());
    free_.pop_back();
    return lease{*this, std::move(db)};
  }
  ++readers_;
  lock.unlock();
  auto db = connect_reader();
  if (db)
    return lease{*this, std::move(*db)};
  lock.lock();
  --readers_;
  returned_.notify_one();
  return fail(std::move(db.error()));
}

void database_pool::give_back(std::unique_ptr<database> db) {
  db->rollback();
  std::lock_guard guard{mutex_};
  free_.push_back(std::move(db));
  // Under the lock: the pool may be destroyed as soon as the last one is back.
  returned_.notify_all();
}

void database_pool::close_readers() {
  std::unique_lock lock{mutex_};
  returned_.wait(lock, [this] { return free_.size() == readers_; });
  free_.clear();
  readers_ = most_readers_ = 0;
}

} // namespace aops::storage
