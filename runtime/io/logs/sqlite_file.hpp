#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

/// As much of SQLite as files of lines need.
namespace aops::logs {

/// A statement at work; for one thread.
class sqlite_query {
public:
  sqlite_query(const sqlite_query&) = delete;
  sqlite_query& operator=(const sqlite_query&) = delete;
  sqlite_query(sqlite_query&& other) noexcept;
  ~sqlite_query();

  sqlite_query& bind(int64_t x);
  sqlite_query& bind_text(std::string_view x); ///< Must live until the statement is done.
  sqlite_query& bind_blob(std::string_view x); ///< Likewise.

  expected<bool> next(); ///< False after the last row.
  expected<void> run();  ///< To its end, then ready to be bound anew.

  int64_t integer(int column) const;
  std::string_view bytes(int column) const; ///< Good until the next step.

private:
  friend class sqlite_file;
  sqlite_query(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
  sqlite3* db_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

/// A connection to one database file; for one thread. Errors: ec::store_unreachable when the disk
/// or the file does not serve, ec::query_failed for the rest.
class sqlite_file {
public:
  /// Made when missing; writes are synced before a commit returns.
  static expected<std::unique_ptr<sqlite_file>> open(const std::string& path);
  /// ec::not_found when there is no such file.
  static expected<std::unique_ptr<sqlite_file>> open_reading(const std::string& path);
  ~sqlite_file();
  sqlite_file(const sqlite_file&) = delete;
  sqlite_file& operator=(const sqlite_file&) = delete;

  /// Without its folder, for errors.
  std::string name() const;

  expected<void> execute(const char* sql);
  expected<sqlite_query> prepare(std::string_view sql);

  /// `begin`, `work()`, `commit`; rolled back when it fails.
  template <class Work>
  expected<void> transact(Work work) {
    if (auto begun = execute("begin immediate"); !begun)
      return begun;
    expected<void> done = work();
    if (done)
      done = execute("commit");
    if (!done)
      (void)execute("rollback");
    return done;
  }

private:
  explicit sqlite_file(sqlite3* db) : db_(db) {}
  sqlite3* db_;
};

} // namespace aops::logs
