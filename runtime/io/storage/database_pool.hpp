#pragma once

#include "runtime/base/config.hpp"
#include "runtime/io/storage/database.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace aops::storage {

/// How a pool stands with its store, for metrics.
struct pool_status {
  std::string endpoint;    ///< Whom it talks to: an address or path; empty while nobody serves.
  uint64_t reconnects = 0; ///< Connections made in place of lost ones.
  bool is_reachable = true;
};

/// One for each thread that reads, and one for log-ins, which read between their hashes.
inline size_t connections_that_read(const base::config& c) {
  return static_cast<size_t>(c.store.readers) + 1;
}

/// The connections of one node to its store: one that writes, several that read.
class database_pool {
public:
  virtual ~database_pool() = default;

  /// The connection that writes. One thread at a time: the store writer's.
  virtual database& writer() = 0;

  /// A connection that reads, borrowed; returned by its destructor. Must not outlive the pool.
  class lease {
  public:
    lease(lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), db_(std::move(other.db_)) {}
    lease& operator=(lease&&) = delete;
    ~lease() {
      if (pool_)
        pool_->give_back(std::move(db_));
    }
    database& operator*() const { return *db_; }
    database* operator->() const { return db_.get(); }

  private:
    friend class database_pool;
    lease(database_pool& pool, std::unique_ptr<database> db) : pool_(&pool), db_(std::move(db)) {}
    database_pool* pool_;
    std::unique_ptr<database> db_;
  };

  /// Waits for a free one. ec::overloaded when there is none within `patience`.
  expected<lease> read(std::chrono::milliseconds patience = std::chrono::seconds{5});

  /// A further connection, of the caller's own, that may write. Must not outlive the pool.
  virtual expected<std::unique_ptr<database>> connect() = 0;

  /// The same for reading only, outside the number that `read` lends: for what takes long.
  expected<std::unique_ptr<database>> connect_to_read() { return connect_reader(); }

  virtual pool_status status() const { return {}; }

  /// Bytes of the store on disk, as far as the engine knows; for metrics and limits.
  virtual int64_t bytes_stored() = 0;

protected:
  /// @param readers Connections that `connect_reader` opens, when first needed.
  explicit database_pool(size_t readers) : most_readers_(readers) {}
  virtual expected<std::unique_ptr<database>> connect_reader() = 0;
  void close_readers(); ///< For destructors of engines: waits until all are given back.

private:
  void give_back(std::unique_ptr<database> db);
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<database>> free_;
  size_t most_readers_;
  size_t readers_ = 0; ///< Open, free or lent.
};

} // namespace aops::storage
