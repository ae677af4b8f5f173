#pragma once

#include "runtime/io/storage/database.hpp"

#include <sqlite3.h>

#include <unordered_map>

namespace aops::storage {

/// What an SQLite result code means, for a statement that begins with a verb such as `insert`.
error sqlite_error(sqlite3* db, int code, std::string_view statement = {});

/// Prepared statements of one connection by their text.
class sqlite_statements {
public:
  static constexpr size_t most = 256;          ///< The least recently used one goes.
  static constexpr size_t longest_text = 4096; ///< Longer ones are not kept.

  explicit sqlite_statements(sqlite3* db) : db_(db) {}

  /// A statement in use: bound, stepped, then reset by its destructor.
  class use {
  public:
    use(use&& other) noexcept;
    use& operator=(use&&) = delete;
    ~use();
    sqlite3_stmt* get() const { return statement_; }

  private:
    friend class sqlite_statements;
    use(sqlite3_stmt* statement, bool* busy) : statement_(statement), busy_(busy) {}
    sqlite3_stmt* statement_;
    bool* busy_; ///< Of the cache's entry; null when the statement is not kept.
  };

  /// Prepares, or takes from the cache; a statement that is in use is prepared once more.
  expected<use> take(std::string_view text);

  size_t size() const { return entries_.size(); }
  uint64_t hits() const { return hits_; }

private:
  struct finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  struct entry {
    std::unique_ptr<sqlite3_stmt, finalizer> statement;
    bool busy = false;
    uint64_t last_use = 0;
  };
  struct text_hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  expected<sqlite3_stmt*> prepare(std::string_view text, bool is_kept);
  void make_room();

  sqlite3* db_;
  std::unordered_map<std::string, entry, text_hash, std::equal_to<>> entries_;
  uint64_t uses_ = 0, hits_ = 0;
};

/// Binds values to the marks of a statement. @param copy Whether texts may go away before it ends.
expected<void> bind(sqlite3_stmt* statement, parameters values, bool copy);

} // namespace aops::storage
