#include "runtime/io/storage/sqlite.hpp"

#include "runtime/io/storage/data_dir.hpp"
#include "runtime/io/storage/migration.hpp"
#include "runtime/io/storage/sqlite_database.hpp"
#include "runtime/io/storage/store_copy.hpp"
#include "runtime/io/storage/wal_checkpointer.hpp"

#include <atomic>
#include <filesystem>
#include <unistd.h>

namespace aops::storage {

namespace {

/// A path as the body of a `file:` URI.
std::string escaped(std::string_view path) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : path) {
    if (c == '?' || c == '#' || c == '%' || c < 0x21 || c > 0x7e) {
      out += '%';
      out += digits[c >> 4];
      out += digits[c & 15];
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

class sqlite_pool final : public database_pool {
public:
  sqlite_pool(size_t readers,
              std::string uri,
              sqlite_options options,
              std::unique_ptr<data_dir> dir)
      : database_pool(readers), uri_(std::move(uri)), options_(options), dir_(std::move(dir)) {}

  ~sqlite_pool() override {
    close_readers();
    checkpointer_.reset();
  }

  expected<void> open(std::span<const migration> schema) {
    auto db = sqlite_database::open(uri_, options_);
    if (!db)
      return fail(std::move(db.error()));
    writer_ = std::move(*db);
    auto version = migrate(*writer_, schema);
    if (!version)
      return fail(std::move(version.error()));
    return {};
  }

  expected<void> start_checkpoints(wal_checkpointer::limits at) {
    auto started = wal_checkpointer::start(uri_, at);
    if (!started)
      return fail(std::move(started.error()));
    checkpointer_ = std::move(*started);
    writer_->watch_wal(*checkpointer_);
    return {};
  }

  database& writer() override { return *writer_; }

  expected<std::unique_ptr<database>> connect() override {
    auto options = options_;
    options.cache_bytes /= 4;
    auto db = sqlite_database::open(uri_, options);
    if (!db)
      return fail(std::move(db.error()));
    if (checkpointer_)
      (*db)->watch_wal(*checkpointer_);
    return std::unique_ptr<database>{std::move(*db)};
  }

  int64_t bytes_stored() override {
    if (!dir_)
      return 0;
    std::error_code ignored;
    int64_t sum = 0;
    for (const char* name : {"aops.db", "aops.db-wal"})
      if (auto size = std::filesystem::file_size(dir_->path() + "/" + name, ignored); !ignored)
        sum += static_cast<int64_t>(size);
    return sum;
  }

protected:
  expected<std::unique_ptr<database>> connect_reader() override {
    auto options = options_;
    options.read_only = true;
    options.cache_bytes /= 4;
    auto db = sqlite_database::open(uri_, options);
    if (!db)
      return fail(std::move(db.error()));
    return std::unique_ptr<database>{std::move(*db)};
  }

private:
  std::string uri_;
  sqlite_options options_;
  std::unique_ptr<data_dir> dir_; ///< Unlocked last.
  std::unique_ptr<wal_checkpointer> checkpointer_;
  std::unique_ptr<sqlite_database> writer_;
};

} // namespace

expected<std::unique_ptr<database_pool>> open_sqlite(const sqlite_config& config) {
  auto dir = data_dir::lock(config.data_dir);
  if (!dir)
    return fail(std::move(dir.error()));
  auto file = (*dir)->private_file("aops.db");
  if (!file)
    return fail(std::move(file.error()));
  sqlite_options options;
  options.cache_bytes = config.cache_bytes;
  options.busy = config.busy;
  auto pool = std::make_unique<sqlite_pool>(
    config.readers, "file:" + escaped(*file), options, std::move(*dir));
  if (auto opened = pool->open(config.schema); !opened)
    return fail(opened.error().code, *file + ": " + opened.error().detail);
  auto unfinished = is_copy_unfinished(pool->writer());
  if (!unfinished)
    return fail(std::move(unfinished.error()));
  if (*unfinished && !config.takes_unfinished_copy)
    return fail(ec::conflict,
                *file + ": the restore into it is not complete; run `aops-node restore` again");
  auto started =
    pool->start_checkpoints({config.checkpoint_bytes, config.most_wal_bytes, config.busy});
  if (!started)
    return fail(std::move(started.error()));
  return pool;
}

expected<std::unique_ptr<database>> open_sqlite_beside(const std::string& data_dir) {
  auto file = data_dir + "/aops.db";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored))
    return fail(ec::store_unreachable, data_dir + ": there is no aops.db in it");
  sqlite_options options;
  options.read_only = true;
  auto db = sqlite_database::open("file:" + escaped(file), options);
  if (!db)
    return fail(db.error().code, file + ": " + db.error().detail);
  return std::unique_ptr<database>{std::move(*db)};
}

expected<std::unique_ptr<database_pool>> open_sqlite_in_memory(size_t readers) {
  // A name of its own: connections of this pool share the database, others do not.
  static std::atomic<uint64_t> count{0};
  auto uri =
    "file:/aops-" + std::to_string(::getpid()) + "-" + std::to_string(++count) + "?vfs=memdb";
  sqlite_options options;
  options.in_memory = true;
  auto pool = std::make_unique<sqlite_pool>(readers, uri, options, nullptr);
  if (auto opened = pool->open(built_in_migrations()); !opened)
    return fail(std::move(opened.error()));
  return pool;
}

} // namespace aops::storage
