#include "runtime/io/storage/wal_checkpointer.hpp"

#include "runtime/base/log.hpp"
#include "runtime/io/storage/sqlite_statements.hpp"

namespace aops::storage {

using std::chrono::milliseconds;

namespace {

/// A log this many times the start size is emptied: that stops writers for a moment.
constexpr int64_t empty_factor = 4;

/// Also makes the connection notice that there is a log: before its first read it knows of none,
/// and its checkpoints would do nothing.
expected<int64_t> page_size(sqlite3* db) {
  auto code = sqlite3_exec(db, "select count(*) from sqlite_schema", nullptr, nullptr, nullptr);
  sqlite3_stmt* statement = nullptr;
  if (code == SQLITE_OK)
    code = sqlite3_prepare_v2(db, "pragma page_size", -1, &statement, nullptr);
  int64_t size = 0;
  if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW)
    size = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  if (size == 0)
    return fail(sqlite_error(db, code));
  return size;
}

} // namespace

expected<std::unique_ptr<wal_checkpointer>> wal_checkpointer::start(const std::string& uri,
                                                                    limits at) {
  sqlite3* raw = nullptr;
  auto flags =
    SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  auto code = sqlite3_open_v2(uri.c_str(), &raw, flags, nullptr);
  std::unique_ptr<sqlite3, closer> db{raw};
  if (code != SQLITE_OK)
    return fail(sqlite_error(raw, code));
  auto bytes = page_size(raw);
  if (!bytes)
    return fail(std::move(bytes.error()));
  return std::unique_ptr<wal_checkpointer>{new wal_checkpointer(db.release(), *bytes, at)};
}

wal_checkpointer::wal_checkpointer(sqlite3* db, int64_t page_bytes, limits at)
    : db_(db), page_bytes_(page_bytes), limits_(at), thread_([this] { run(); }) {}

wal_checkpointer::~wal_checkpointer() {
  {
    std::lock_guard guard{mutex_};
    stop_ = true;
  }
  wake_.notify_all();
  smaller_.notify_all();
  thread_.join();
}

void wal_checkpointer::note(int pages) {
  std::lock_guard guard{mutex_};
  wal_bytes_ = pages * page_bytes_;
  ++notes_;
  if (wal_bytes_ >= limits_.start_bytes)
    wake_.notify_one();
}

expected<void> wal_checkpointer::admit() {
  std::unique_lock lock{mutex_};
  if (wal_bytes_ <= limits_.most_bytes)
    return {};
  wake_.notify_one();
  auto is_small = [this] { return wal_bytes_ <= limits_.most_bytes || stop_; };
  if (smaller_.wait_for(lock, limits_.patience, is_small))
    return {};
  return fail(ec::overloaded,
              "store: the write-ahead log is too large; a reader or the disk is slow");
}

int64_t wal_checkpointer::wal_bytes() const {
  std::lock_guard guard{mutex_};
  return wal_bytes_;
}

void wal_checkpointer::run() {
  int64_t seen = 0;
  std::unique_lock lock{mutex_};
  while (!stop_) {
    auto is_due = [&] {
      return stop_ || (wal_bytes_ >= limits_.start_bytes && notes_ != seen) ||
             wal_bytes_ > limits_.most_bytes;
    };
    wake_.wait(lock, is_due);
    if (stop_)
      return;
    seen = notes_;
    lock.unlock();
    checkpoint();
    lock.lock();
    // A reader may hold the log up; trying again at once would only burn time.
    if (wal_bytes_ > limits_.most_bytes)
      wake_.wait_for(lock, milliseconds{50}, [this] { return stop_; });
  }
}

void wal_checkpointer::checkpoint() {
  // Most of the work, beside running writers. The next writer starts the log anew when all of it
  // was copied and no reader needs it.
  copy(SQLITE_CHECKPOINT_PASSIVE, milliseconds{0});
  auto size = wal_bytes();
  if (size > limits_.most_bytes)
    copy(SQLITE_CHECKPOINT_TRUNCATE, milliseconds{1000});
  else if (size > limits_.start_bytes * empty_factor)
    copy(SQLITE_CHECKPOINT_RESTART, milliseconds{100});
}

bool wal_checkpointer::copy(int mode, milliseconds patience) {
  sqlite3_busy_timeout(db_.get(), static_cast<int>(patience.count()));
  int in_log = -1, copied = -1;
  auto code = sqlite3_wal_checkpoint_v2(db_.get(), nullptr, mode, &in_log, &copied);
  if (code != SQLITE_OK && code != SQLITE_BUSY && code != SQLITE_LOCKED)
    log::error("checkpoint-failed",
               "The store's write-ahead log cannot be copied: {}",
               sqlite_error(db_.get(), code).detail);
  if (code != SQLITE_OK || in_log < 0 || mode == SQLITE_CHECKPOINT_PASSIVE)
    return false;
  // The log begins anew with the next commit.
  std::lock_guard guard{mutex_};
  wal_bytes_ = 0;
  smaller_.notify_all();
  return true;
}

} // namespace aops::storage
