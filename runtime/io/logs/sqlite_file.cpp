#include "runtime/io/logs/sqlite_file.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <utility>

namespace aops::logs {

namespace {

constexpr int busy_ms = 10'000;

/// The file alone: folders of a node are nobody's business who only searches.
std::string name_of_file(const char* path) {
  return path ? std::filesystem::path{path}.filename().string() : std::string{"lines of hosts"};
}

error told_by(const std::string& file, int code, const char* why) {
  switch (code & 0xFF) {
  case SQLITE_IOERR:
  case SQLITE_FULL:
  case SQLITE_CANTOPEN:
  case SQLITE_READONLY:
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return {ec::store_unreachable, file + ": " + sqlite3_errstr(code)};
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return {ec::overloaded, file + ": the file is busy"};
  default:
    return {ec::query_failed, file + ": " + why};
  }
}

error told_by(sqlite3* db, int code) {
  return told_by(name_of_file(sqlite3_db_filename(db, "main")), code, sqlite3_errmsg(db));
}

expected<sqlite3*> connect_to(const std::string& path, int flags) {
  sqlite3* db = nullptr;
  auto code = sqlite3_open_v2(path.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) {
    auto why = told_by(name_of_file(path.c_str()), code, sqlite3_errstr(code));
    sqlite3_close(db);
    return fail(std::move(why));
  }
  sqlite3_busy_timeout(db, busy_ms);
  sqlite3_extended_result_codes(db, 1);
  return db;
}

} // namespace

sqlite_query::sqlite_query(sqlite_query&& other) noexcept
    : db_(other.db_), statement_(std::exchange(other.statement_, nullptr)), bound_(other.bound_) {}

sqlite_query::~sqlite_query() { sqlite3_finalize(statement_); }

sqlite_query& sqlite_query::bind(int64_t x) {
  sqlite3_bind_int64(statement_, ++bound_, x);
  return *this;
}

sqlite_query& sqlite_query::bind_text(std::string_view x) {
  sqlite3_bind_text(statement_, ++bound_, x.data(), static_cast<int>(x.size()), SQLITE_STATIC);
  return *this;
}

sqlite_query& sqlite_query::bind_blob(std::string_view x) {
  sqlite3_bind_blob(statement_, ++bound_, x.data(), static_cast<int>(x.size()), SQLITE_STATIC);
  return *this;
}

expected<bool> sqlite_query::next() {
  auto code = sqlite3_step(statement_);
  if (code == SQLITE_ROW)
    return true;
  if (code == SQLITE_DONE)
    return false;
  return fail(told_by(db_, code));
}

expected<void> sqlite_query::run() {
  auto code = sqlite3_step(statement_);
  sqlite3_reset(statement_);
  bound_ = 0;
  if (code != SQLITE_DONE && code != SQLITE_ROW)
    return fail(told_by(db_, code));
  return {};
}

int64_t sqlite_query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view sqlite_query::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return {data ? data : "", static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

expected<std::unique_ptr<sqlite_file>> sqlite_file::open(const std::string& path) {
  auto db = connect_to(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!db)
    return fail(std::move(db.error()));
  std::unique_ptr<sqlite_file> file{new sqlite_file(*db)};
  // A block of lines leaves half of its last page empty. Files that are there keep theirs. What a large
  // commit added to the log is given back: 1 MiB is what is written between two checkpoints.
  for (const auto* setting : {"pragma page_size = 1024",
                              "pragma journal_mode = wal",
                              "pragma synchronous = full",
                              "pragma journal_size_limit = 1048576",
                              "pragma trusted_schema = off"})
    if (auto set = file->execute(setting); !set)
      return fail(std::move(set.error()));
  return file;
}

expected<std::unique_ptr<sqlite_file>> sqlite_file::open_reading(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    return fail(ec::not_found, name_of_file(path.c_str()) + ": the file is gone");
  // Reading and writing, for the index of the write-ahead log may have to be made.
  auto db = connect_to(path, SQLITE_OPEN_READWRITE);
  if (!db)
    return fail(std::move(db.error()));
  std::unique_ptr<sqlite_file> file{new sqlite_file(*db)};
  if (auto set = file->execute("pragma query_only = on"); !set)
    return fail(std::move(set.error()));
  return file;
}

std::string sqlite_file::name() const { return name_of_file(sqlite3_db_filename(db_, "main")); }

sqlite_file::~sqlite_file() { sqlite3_close_v2(db_); }

expected<void> sqlite_file::execute(const char* sql) {
  auto code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK)
    return fail(told_by(db_, code));
  return {};
}

expected<sqlite_query> sqlite_file::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  auto code =
    sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK)
    return fail(told_by(db_, code));
  return sqlite_query{db_, statement};
}

} // namespace aops::logs
