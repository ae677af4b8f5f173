#pragma once

#include "messages/error.hpp"
#include "runtime/base/config.hpp"
#include "runtime/io/storage/data_dir.hpp"
#include "runtime/io/storage/database_pool.hpp"
#include "runtime/io/storage/migration.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace aops::node {

/// The store of a node, and who the node is in it.
struct opened_store {
  std::unique_ptr<storage::data_dir> dir; ///< Held by a node whose store is elsewhere.
  std::shared_ptr<storage::database_pool> pool;
  std::string node_id;    ///< Lasts as long as the data directory.
  bool is_shared = false; ///< Other nodes may use it, too.
};

/// Opens the store that the section `storage` names, and locks the data directory. A server that
/// does not answer yet is waited for: machines start in any order.
/// ec::store_unreachable when it did not answer in `patience`; ec::bad_request and ec::conflict for
/// what waiting does not mend.
/// @param schema Brings the store up to date; outlives it.
/// @param wait Waits so long; false: give up, with ec::cancelled.
expected<opened_store> open_store(const base::config& config,
                                  std::span<const storage::migration> schema,
                                  std::chrono::seconds patience,
                                  const std::function<bool(std::chrono::milliseconds)>& wait);

} // namespace aops::node
