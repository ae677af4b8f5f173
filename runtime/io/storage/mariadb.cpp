#include "runtime/io/storage/mariadb.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"
#include "runtime/io/storage/mariadb_database.hpp"
#include "runtime/io/storage/migration.hpp"
#include "runtime/io/storage/store_copy.hpp"

namespace aops::storage {

namespace {

/// A name between backquotes.
std::string backquoted(std::string_view name) {
  std::string out = "`";
  for (char c : name)
    out.append(c == '`' ? 2 : 1, c);
  return out + "`";
}

class mariadb_pool final : public database_pool {
public:
  explicit mariadb_pool(const mariadb_config& config)
      : database_pool(config.readers), endpoints_(std::make_shared<mariadb_endpoints>(config)) {}
  ~mariadb_pool() override { close_readers(); }

  expected<void> open() {
    auto first = mariadb_database::open(endpoints_, mariadb_session::migrates);
    bool may_make = !endpoints_->config().keeps_schema;
    if (!first && first.error() == ec::not_found && may_make) {
      if (auto made = make_database(); !made)
        return made;
      first = mariadb_database::open(endpoints_, mariadb_session::migrates);
    }
    if (!first)
      return fail(std::move(first.error()));
    if (may_make)
      if (auto done = migrate_alone(**first); !done)
        return done;
    if (auto whole = check_whole(**first); !whole)
      return whole;
    auto writer = connect_as(mariadb_session::writes);
    if (!writer)
      return fail(std::move(writer.error()));
    writer_ = std::move(*writer);
    return {};
  }

  database& writer() override { return *writer_; }
  expected<std::unique_ptr<database>> connect() override {
    return connect_as(mariadb_session::writes);
  }
  pool_status status() const override { return endpoints_->status(); }

  int64_t bytes_stored() override {
    auto db = read();
    if (!db)
      return 0;
    return (*db)
      ->count("select sum(data_length + index_length) from information_schema.tables where "
              "table_schema = database()")
      .value_or(0);
  }

protected:
  expected<std::unique_ptr<database>> connect_reader() override {
    return connect_as(mariadb_session::reads);
  }

private:
  expected<std::unique_ptr<database>> connect_as(mariadb_session kind) {
    auto db = mariadb_database::open(endpoints_, kind);
    if (!db)
      return fail(std::move(db.error()));
    return std::unique_ptr<database>{std::move(*db)};
  }

  expected<void> make_database() {
    auto db = mariadb_database::open(endpoints_, mariadb_session::chooses_no_database);
    if (!db)
      return fail(std::move(db.error()));
    const auto& name = endpoints_->config().database;
    auto made = (*db)->execute("create database if not exists " + backquoted(name) +
                               " character set utf8mb4 collate utf8mb4_nopad_bin");
    if (made)
      return {};
    return fail(ec::store_unreachable,
                "storage.database: there is no database `" + name + "`, and user " +
                  endpoints_->config().user + " may not make it: " + made.error().detail);
  }

  /// Nodes that start together take turns.
  expected<void> migrate_alone(database& db) {
    auto name = "aops-" + base::sha256_hex(endpoints_->config().database).substr(0, 32);
    constexpr int patience_s = 300;
    auto locked = db.integer("select get_lock(?, ?)", name, patience_s);
    if (!locked) // Not with every cluster; what remains is that definitions fail when done twice.
      log::warn("schema-unlocked", "The schema cannot be locked: {}", locked.error().detail);
    else if (locked->value_or(0) != 1)
      return fail(ec::overloaded, "store: another node is busy with the schema");
    auto version = migrate(db, endpoints_->config().schema);
    std::ignore = db.integer("select release_lock(?)", name);
    if (!version)
      return fail(std::move(version.error()));
    return {};
  }

  expected<void> check_whole(database& db) {
    if (endpoints_->config().takes_unfinished_copy)
      return {};
    auto unfinished = is_copy_unfinished(db);
    if (!unfinished)
      return fail(std::move(unfinished.error()));
    if (!*unfinished)
      return {};
    return fail(ec::conflict,
                "storage.database: the copy into `" + endpoints_->config().database +
                  "` is not complete; run `aops-node migrate` or `aops-node restore` again");
  }

  std::shared_ptr<mariadb_endpoints> endpoints_;
  std::unique_ptr<database> writer_;
};

} // namespace

expected<mariadb_config> mariadb_config_of(const base::config& config) {
  const auto& s = config.storage;
  auto password = base::storage_password(config);
  if (!password)
    return fail(std::move(password.error()));
  mariadb_config out;
  out.socket = s.socket;
  out.hosts = s.host;
  out.port = s.port;
  out.user = s.user;
  out.password = std::move(*password);
  out.database = s.database;
  out.readers = connections_that_read(config);
  out.connect_timeout = std::chrono::milliseconds{s.connect_timeout.ms};
  out.timeout = std::chrono::milliseconds{s.timeout.ms};
  out.ssl_ca = s.ssl_ca;
  out.ssl_cert = s.ssl_cert;
  out.ssl_key = s.ssl_key;
  out.ssl_verify = s.ssl_verify_server;
  return out;
}

expected<std::unique_ptr<database_pool>> open_mariadb(const mariadb_config& config) {
  auto pool = std::make_unique<mariadb_pool>(config);
  if (auto opened = pool->open(); !opened)
    return fail(std::move(opened.error()));
  return pool;
}

} // namespace aops::storage
