#include "cli/node/store_beside.hpp"

#include "runtime/io/storage/mariadb.hpp"
#include "runtime/io/storage/sqlite.hpp"

namespace aops::node {

expected<store_beside> open_store_beside(const base::config& config) {
  store_beside out;
  if (config.storage.engine == "sqlite") {
    auto db = storage::open_sqlite_beside(config.data_dir);
    if (!db)
      return fail(std::move(db.error()));
    out.db = std::move(*db);
    return out;
  }
  auto server = storage::mariadb_config_of(config);
  if (!server)
    return fail(std::move(server.error()));
  server->keeps_schema = true;
  auto pool = storage::open_mariadb(*server);
  if (!pool)
    return fail(std::move(pool.error()));
  out.pool = std::move(*pool);
  auto db = out.pool->connect_to_read();
  if (!db)
    return fail(std::move(db.error()));
  out.db = std::move(*db);
  return out;
}

} // namespace aops::node
