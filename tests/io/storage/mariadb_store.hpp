#pragma once

#include "runtime/io/storage/mariadb.hpp"
#include "tests/io/storage/engines.hpp"
#include "tests/support/mariadb_server.hpp"

namespace aops::tests {

/// A database of a server.
storage::mariadb_config database_on(const mariadb_server& server, const std::string& database);

/// The server that all cases of this process share; started when first needed.
mariadb_server& shared_server();

/// A store in a fresh database of the shared server.
class mariadb_store final : public store {
public:
  mariadb_store();
  ~mariadb_store() override;
  storage::database_pool& pool() override { return *pool_; }
  const storage::mariadb_config& config() const { return config_; }

private:
  storage::mariadb_config config_;
  std::unique_ptr<storage::database_pool> pool_;
};

} // namespace aops::tests
