#pragma once

#include "messages/error.hpp"

#include <sqlite3.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace aops::storage {

/// Copies the write-ahead log into the database in a thread of its own, so that no commit pays for
/// it.
class wal_checkpointer {
public:
  struct limits {
    int64_t start_bytes;                ///< Log size at which work begins.
    int64_t most_bytes;                 ///< Log size above which writers wait.
    std::chrono::milliseconds patience; ///< How long they wait.
  };

  /// Opens a connection of its own. ec::store_unreachable.
  static expected<std::unique_ptr<wal_checkpointer>> start(const std::string& uri, limits at);
  ~wal_checkpointer();

  void note(int pages); ///< The log's size after a commit.

  /// Waits while the log is too large. ec::overloaded when it stays so.
  expected<void> admit();

  int64_t wal_bytes() const;

private:
  wal_checkpointer(sqlite3* db, int64_t page_bytes, limits at);
  void run();
  void checkpoint();
  bool copy(int mode, std::chrono::milliseconds patience);

  struct closer {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, closer> db_;
  const int64_t page_bytes_;
  const limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable wake_, smaller_;
  int64_t wal_bytes_ = 0;
  int64_t notes_ = 0; ///< Commits seen: tells whether there is anything new to copy.
  bool stop_ = false;
  std::thread thread_; ///< Last: starts when all else is there.
};

} // namespace aops::storage
