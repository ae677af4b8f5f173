#include "runtime/io/storage/sqlite_database.hpp"

#include "runtime/base/metrics.hpp"
#include "runtime/io/storage/sqlite_dialect.hpp"
#include "runtime/io/storage/wal_checkpointer.hpp"

namespace aops::storage {

namespace {

class sqlite_cursor final : public cursor {
public:
  explicit sqlite_cursor(sqlite_statements::use statement) : use_(std::move(statement)) {}

  expected<bool> next() override {
    auto code = sqlite3_step(use_.get());
    if (code == SQLITE_ROW)
      return true;
    if (code == SQLITE_DONE)
      return false;
    return fail(sqlite_error(sqlite3_db_handle(use_.get()), code));
  }
  bool is_null(int column) const override {
    return sqlite3_column_type(use_.get(), column) == SQLITE_NULL;
  }
  int64_t integer(int column) const override { return sqlite3_column_int64(use_.get(), column); }
  double real(int column) const override { return sqlite3_column_double(use_.get(), column); }
  std::string_view text(int column) const override {
    auto bytes = static_cast<const char*>(sqlite3_column_blob(use_.get(), column));
    if (!bytes)
      return {};
    return {bytes, static_cast<size_t>(sqlite3_column_bytes(use_.get(), column))};
  }

private:
  sqlite_statements::use use_;
};

} // namespace

void sqlite_database::closer::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

sqlite_database::sqlite_database(handle_ptr db, bool read_only)
    : db_(std::move(db)), statements_(db_.get()), read_only_(read_only) {}

sqlite_database::~sqlite_database() = default;

expected<std::unique_ptr<sqlite_database>> sqlite_database::open(const std::string& uri,
                                                                 const sqlite_options& options) {
  sqlite3* raw = nullptr;
  // A reader writes nothing, but shares the log's index.
  auto flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
               SQLITE_OPEN_EXRESCODE | (options.in_memory ? SQLITE_OPEN_CREATE : 0);
  auto code = sqlite3_open_v2(uri.c_str(), &raw, flags, nullptr);
  handle_ptr db{raw};
  if (code != SQLITE_OK) {
    auto e = sqlite_error(raw, code);
    return fail(ec::store_unreachable, std::move(e.detail));
  }
  std::unique_ptr<sqlite_database> it{new sqlite_database(std::move(db), options.read_only)};
  if (auto done = it->configure(options); !done)
    return fail(std::move(done.error()));
  return it;
}

expected<void> sqlite_database::configure(const sqlite_options& options) {
  sqlite3_busy_timeout(db_.get(), static_cast<int>(options.busy.count()));
  auto cache = "pragma cache_size = -" + std::to_string(options.cache_bytes / 1024);
  std::vector<std::string> settings{
    options.in_memory ? "pragma journal_mode = memory" : "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    "pragma temp_store = memory",
    "pragma trusted_schema = off",
    cache,
  };
  if (options.read_only)
    settings.emplace_back("pragma query_only = on");
  for (const auto& setting : settings)
    if (auto done = execute(setting); !done)
      return done;
  return {};
}

const dialect& sqlite_database::sql() const { return sqlite_dialect(); }

expected<int64_t> sqlite_database::run_with(std::string_view statement, parameters values) {
  auto use = statements_.take(statement);
  if (!use)
    return fail(std::move(use.error()));
  if (auto bound = bind(use->get(), values, false); !bound)
    return fail(std::move(bound.error()));
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW)
    code = sqlite3_step(use->get());
  if (code != SQLITE_DONE)
    return fail(sqlite_error(db_.get(), code, statement));
  return sqlite3_changes64(db_.get());
}

expected<std::unique_ptr<cursor>> sqlite_database::query_with(std::string_view statement,
                                                              parameters values) {
  auto use = statements_.take(statement);
  if (!use)
    return fail(std::move(use.error()));
  if (auto bound = bind(use->get(), values, true); !bound)
    return fail(std::move(bound.error()));
  return std::make_unique<sqlite_cursor>(std::move(*use));
}

expected<void> sqlite_database::execute(std::string_view statement) {
  auto code = sqlite3_exec(db_.get(), std::string{statement}.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK)
    return fail(sqlite_error(db_.get(), code, statement));
  return {};
}

int64_t sqlite_database::last_id() const { return sqlite3_last_insert_rowid(db_.get()); }

expected<void> sqlite_database::begin() {
  if (checkpointer_)
    if (auto admitted = checkpointer_->admit(); !admitted)
      return admitted;
  // Taking the write lock at once: an upgrade in the middle could not wait for it.
  auto begun = run(read_only_ ? "begin" : "begin immediate");
  if (!begun)
    return fail(std::move(begun.error()));
  return {};
}

expected<void> sqlite_database::commit() {
  auto done = run("commit");
  if (!done)
    return fail(std::move(done.error()));
  static auto memory =
    metrics::gauge_of("aops_sqlite_memory_bytes",
                      "Memory of the embedded store: its page caches, up to their bounds.");
  memory.set(static_cast<double>(sqlite3_memory_used()));
  return {};
}

void sqlite_database::rollback() {
  // Some errors have rolled back already.
  if (in_transaction())
    std::ignore = run("rollback");
}

bool sqlite_database::in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }

expected<void> sqlite_database::run_name(std::string_view verb, int depth) {
  auto done = run(std::string{verb} + " s" + std::to_string(depth));
  if (!done)
    return fail(std::move(done.error()));
  return {};
}

expected<void> sqlite_database::savepoint(int depth) { return run_name("savepoint", depth); }

expected<void> sqlite_database::release(int depth) { return run_name("release", depth); }

void sqlite_database::rollback_to(int depth) {
  if (!in_transaction())
    return;
  std::ignore = run_name("rollback to", depth);
  std::ignore = run_name("release", depth);
}

expected<int64_t> sqlite_database::now_ms() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

void sqlite_database::watch_wal(wal_checkpointer& checkpointer) {
  checkpointer_ = &checkpointer;
  // Also switches SQLite's own checkpoints off for this connection.
  sqlite3_wal_hook(
    db_.get(),
    [](void* it, sqlite3*, const char*, int pages) {
      static_cast<wal_checkpointer*>(it)->note(pages);
      return SQLITE_OK;
    },
    &checkpointer);
}

} // namespace aops::storage
