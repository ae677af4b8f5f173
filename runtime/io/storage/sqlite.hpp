#pragma once

#include "runtime/io/storage/database_pool.hpp"
#include "runtime/io/storage/migration.hpp"

#include <cstdint>
#include <string>

namespace aops::storage {

struct sqlite_config {
  std::string data_dir; ///< Made with mode 0700 when absent; the store is `aops.db` in it.
  size_t readers = 4;   ///< Connections that read.
  int64_t cache_bytes = 64 << 20;      ///< Page cache of the writer; a reader has a quarter.
  int64_t most_wal_bytes = 256 << 20;  ///< Writers wait while the write-ahead log is larger.
  int64_t checkpoint_bytes = 16 << 20; ///< Log size at which the checkpoint thread sets to work.
  std::chrono::milliseconds busy = std::chrono::seconds{5}; ///< Longest wait for a lock.
  std::span<const migration> schema = built_in_migrations();
  bool takes_unfinished_copy = false; ///< Opens what a restore left behind, to begin anew.
};

/// The embedded store of one node. Locks the data directory until it is destroyed. The schema is
/// brought up to date.
///
/// ec::conflict when another process holds the directory, the schema is newer than this release, or
/// a restore into it was cut off;
/// ec::store_unreachable when it cannot be opened, or is no SQLite database.
expected<std::unique_ptr<database_pool>> open_sqlite(const sqlite_config& config);

/// One reading connection to an embedded store that a node may be using meanwhile. Neither locks
/// the directory nor touches the schema. ec::store_unreachable when there is no such store.
expected<std::unique_ptr<database>> open_sqlite_beside(const std::string& data_dir);

/// The same in memory, for tests: gone with the pool.
expected<std::unique_ptr<database_pool>> open_sqlite_in_memory(size_t readers = 2);

} // namespace aops::storage
