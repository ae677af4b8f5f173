#pragma once

#include "runtime/base/config.hpp"
#include "runtime/io/storage/database_pool.hpp"

#include <memory>

namespace aops::node {

/// A connection that reads the store of a configuration as it is, beside nodes that may run on it.
struct store_beside {
  std::unique_ptr<storage::database_pool> pool; ///< Outlives the connection.
  std::unique_ptr<storage::database> db;
};

/// Errors as those of `open_sqlite_beside` and `open_mariadb`.
expected<store_beside> open_store_beside(const base::config& config);

} // namespace aops::node
