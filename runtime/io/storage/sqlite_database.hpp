#pragma once

#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/sqlite_statements.hpp"

#include <chrono>

namespace aops::storage {

class wal_checkpointer;

struct sqlite_options {
  bool read_only = false;
  bool in_memory = false;
  int64_t cache_bytes = 64 << 20;
  std::chrono::milliseconds busy = std::chrono::seconds{5};
};

/// One connection to an SQLite database.
class sqlite_database final : public database {
public:
  /// @param uri `file:` URI. ec::store_unreachable.
  static expected<std::unique_ptr<sqlite_database>> open(const std::string& uri,
                                                         const sqlite_options& options);
  ~sqlite_database() override;

  const dialect& sql() const override;
  expected<int64_t> run_with(std::string_view statement, parameters values) override;
  expected<std::unique_ptr<cursor>> query_with(std::string_view statement,
                                               parameters values) override;
  expected<void> execute(std::string_view statement) override;
  int64_t last_id() const override;
  expected<void> begin() override;
  expected<void> commit() override;
  void rollback() override;
  bool in_transaction() const override;
  expected<void> savepoint(int depth) override;
  expected<void> release(int depth) override;
  void rollback_to(int depth) override;
  expected<void> reconnect() override { return {}; }
  expected<int64_t> now_ms() override;

  /// Reports the size of the write-ahead log after each commit, and waits in `begin` while it is
  /// too large.
  void watch_wal(wal_checkpointer& checkpointer);

  sqlite3* handle() { return db_.get(); }

  /// For tests: how often the cache had a statement, and how many it holds.
  const sqlite_statements& statements() const { return statements_; }

private:
  struct closer {
    void operator()(sqlite3* db) const;
  };
  using handle_ptr = std::unique_ptr<sqlite3, closer>;

  sqlite_database(handle_ptr db, bool read_only);
  expected<void> configure(const sqlite_options& options);
  expected<void> run_name(std::string_view verb, int depth);

  handle_ptr db_;
  sqlite_statements statements_; ///< Destroyed before the connection.
  bool read_only_;
  wal_checkpointer* checkpointer_ = nullptr;
};

} // namespace aops::storage
