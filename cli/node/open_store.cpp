#include "cli/node/open_store.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/log.hpp"
#include "runtime/io/storage/mariadb.hpp"
#include "runtime/io/storage/sqlite.hpp"

#include <filesystem>
#include <fstream>

namespace aops::node {

namespace {

using std::chrono::steady_clock;
using waiter = std::function<bool(std::chrono::milliseconds)>;

constexpr std::chrono::milliseconds ask_again{500};

expected<std::string> node_id(const std::string& data_dir) {
  auto file = std::filesystem::path{data_dir} / "node.id";
  std::string id;
  if (std::ifstream in{file}; in >> id && base::is_id(id))
    return id;
  id = base::new_id(base::system_time().wall_ms());
  auto fresh = file;
  fresh += ".new";
  if (std::ofstream out{fresh}; !(out << id << '\n'))
    return fail(ec::bad_request, fresh.string() + ": cannot be written");
  std::error_code failed;
  std::filesystem::rename(fresh, file, failed);
  if (failed)
    return fail(ec::bad_request, file.string() + ": " + failed.message());
  return id;
}

expected<opened_store> with_id(opened_store x, const base::config& c) {
  auto id = node_id(c.data_dir);
  if (!id)
    return fail(std::move(id.error()));
  x.node_id = std::move(*id);
  return x;
}

using schema_steps = std::span<const storage::migration>;

expected<opened_store> open_embedded(const base::config& c, schema_steps schema) {
  storage::sqlite_config s;
  s.schema = schema;
  s.data_dir = c.data_dir;
  s.readers = storage::connections_that_read(c);
  s.cache_bytes = c.store.cache.bytes;
  auto pool = storage::open_sqlite(s);
  if (!pool)
    return fail(std::move(pool.error()));
  opened_store x;
  x.pool = std::move(*pool);
  return with_id(std::move(x), c);
}

expected<std::shared_ptr<storage::database_pool>>
connect(const storage::mariadb_config& server, std::chrono::seconds patience, const waiter& wait) {
  auto end = steady_clock::now() + patience;
  for (bool is_first = true;; is_first = false) {
    auto pool = storage::open_mariadb(server);
    if (pool)
      return std::shared_ptr<storage::database_pool>{std::move(*pool)};
    if (pool.error() != ec::store_unreachable || steady_clock::now() >= end)
      return fail(std::move(pool.error()));
    if (is_first)
      log::warn("store-away", "waits for the store: {}", to_string(pool.error()));
    if (!wait(ask_again))
      return fail(ec::cancelled, "asked to end before the store served");
  }
}

expected<opened_store> open_shared(const base::config& c,
                                   schema_steps schema,
                                   std::chrono::seconds patience,
                                   const waiter& wait) {
  opened_store x;
  x.is_shared = true;
  auto dir = storage::data_dir::lock(c.data_dir);
  if (!dir)
    return fail(std::move(dir.error()));
  x.dir = std::move(*dir);
  auto server = storage::mariadb_config_of(c);
  if (!server)
    return fail(std::move(server.error()));
  server->schema = schema;
  auto pool = connect(*server, patience, wait);
  if (!pool)
    return fail(std::move(pool.error()));
  x.pool = std::move(*pool);
  return with_id(std::move(x), c);
}

} // namespace

expected<opened_store> open_store(const base::config& config,
                                  std::span<const storage::migration> schema,
                                  std::chrono::seconds patience,
                                  const std::function<bool(std::chrono::milliseconds)>& wait) {
  return config.storage.engine == "sqlite" ? open_embedded(config, schema)
                                           : open_shared(config, schema, patience, wait);
}

} // namespace aops::node
