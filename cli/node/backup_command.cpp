#include "cli/node/backup_command.hpp"

#include "cli/node/node.hpp"
#include "cli/node/store_beside.hpp"
#include "cli/node/table_report.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/time_text.hpp"
#include "runtime/io/storage/backup.hpp"
#include "runtime/io/storage/backup_file.hpp"
#include "runtime/io/storage/mariadb.hpp"
#include "runtime/io/storage/sqlite.hpp"

#include <cstdio>
#include <filesystem>

namespace aops::node {

namespace {

namespace fs = std::filesystem;

int give_up(std::string_view command, const error& e) {
  std::fprintf(stderr,
               "aops-node: %.*s: %s\n",
               static_cast<int>(command.size()),
               command.data(),
               e.detail.empty() ? to_string(e).c_str() : e.detail.c_str());
  return e == ec::conflict || e == ec::bad_request ? exit_usage : exit_failed;
}

expected<base::secret_bytes> key_of(const backup_options& o, const base::config& config) {
  const auto& file = o.key_file.empty() ? config.backup.key_file : o.key_file;
  return file.empty() ? base::secret_bytes{} : storage::backup_key(file);
}

/// Puts the embedded store of a data directory aside; it is not deleted.
expected<void> put_aside(const std::string& data_dir) {
  // Whoever holds the directory uses the store.
  auto dir = storage::data_dir::lock(data_dir);
  if (!dir)
    return fail(std::move(dir.error()));
  auto suffix = ".before-restore-" + base::compact_utc(base::system_time().wall_ms());
  for (const char* name : {"aops.db", "aops.db-wal", "aops.db-shm"}) {
    auto file = fs::path{data_dir} / name;
    std::error_code failed;
    if (!fs::exists(file, failed))
      continue;
    auto aside = file;
    aside += suffix;
    fs::rename(file, aside, failed);
    if (failed)
      return fail(ec::store_unreachable, file.string() + ": " + failed.message());
    std::fprintf(stderr, "put aside: %s\n", aside.c_str());
  }
  return {};
}

using opened = expected<std::unique_ptr<storage::database_pool>>;

opened open_target(const base::config& config, std::span<const storage::migration> schema) {
  if (config.storage.engine == "sqlite") {
    storage::sqlite_config embedded;
    embedded.data_dir = config.data_dir;
    embedded.schema = schema;
    embedded.takes_unfinished_copy = true;
    return storage::open_sqlite(embedded);
  }
  auto server = storage::mariadb_config_of(config);
  if (!server)
    return fail(std::move(server.error()));
  server->schema = schema;
  server->takes_unfinished_copy = true;
  return storage::open_mariadb(*server);
}

/// Brings what was restored up to date.
expected<void> finish_schema(const base::config& config) {
  return open_target(config, storage::built_in_migrations()).map([](const auto&) {});
}

void tell(const storage::backup_summary& x) {
  print_tables(x.tables);
  std::printf("made %s by release %s of a store on %s, schema %lld, %s\n",
              base::utc_text(x.created_ms).c_str(),
              x.release.c_str(),
              x.engine.c_str(),
              static_cast<long long>(x.schema),
              x.is_encrypted ? "encrypted" : "not encrypted");
}

} // namespace

int back_up(const backup_options& o, const base::config& config) {
  auto key = key_of(o, config);
  if (!key)
    return give_up("backup", key.error());
  auto from = open_store_beside(config);
  if (!from)
    return give_up("backup", from.error());
  auto made =
    storage::make_backup(*from->db, o.file, *key, base::system_time().wall_ms(), report_step);
  if (!made)
    return give_up("backup", made.error());
  tell(*made);
  return exit_ok;
}

int verify_backup(const backup_options& o, const base::config& config) {
  auto key = key_of(o, config);
  if (!key)
    return give_up("verify", key.error());
  auto good = storage::verify_backup(o.file, *key, report_step);
  if (!good)
    return give_up("verify", good.error());
  tell(*good);
  return exit_ok;
}

int restore(const backup_options& o, const base::config& config) {
  auto complain = [](const error& e) { return give_up("restore", e); };
  auto key = key_of(o, config);
  if (!key)
    return complain(key.error());
  // Whole before anything is touched.
  auto good = storage::verify_backup(o.file, *key, report_step);
  if (!good)
    return complain(good.error());
  auto schema = storage::schema_of_backup(*good);
  if (!schema)
    return complain(schema.error());
  if (o.replaces && config.storage.engine != "sqlite")
    return complain({ec::bad_request,
                     "--replace is for the embedded store; name another storage.database, or drop "
                     "this one"});
  if (o.replaces)
    if (auto aside = put_aside(config.data_dir); !aside)
      return complain(aside.error());
  {
    auto target = open_target(config, *schema);
    if (!target)
      return complain(target.error());
    auto done = storage::restore_backup(o.file, *key, (*target)->writer(), report_step);
    if (!done)
      return complain(done.error());
  }
  if (auto today = finish_schema(config); !today)
    return complain(today.error());
  tell(*good);
  return exit_ok;
}

} // namespace aops::node
