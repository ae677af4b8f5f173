#pragma once

#include "messages/values.hpp"
#include "runtime/base/config.hpp"
#include "runtime/io/storage/database_pool.hpp"
#include "runtime/io/storage/migration.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace aops::storage {

/// How to reach the database server that several nodes share.
struct mariadb_config {
  std::string socket; ///< Path of the server's socket; when set, `hosts` does not count.
  std::vector<std::string> hosts; ///< `host` or `host:port`, in order of preference.
  int64_t port = 3306;            ///< Of hosts that name none.
  std::string user;
  sealed_text password;
  std::string database; ///< Made when it is missing and the user may.
  size_t readers = 4;   ///< Connections that read.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds{5}; ///< Of one host.
  std::chrono::milliseconds timeout = std::chrono::seconds{10}; ///< Longest wait for an answer.
  std::string ssl_ca;                 ///< PEM file; when set, connections to hosts are TLS.
  std::string ssl_cert, ssl_key;      ///< PEM files: how this node shows who it is.
  bool ssl_verify = true;             ///< The server's certificate must be for its name.
  bool takes_unfinished_copy = false; ///< Opens what `copy_store` left behind, to begin anew.
  std::span<const migration> schema = built_in_migrations();
  bool keeps_schema = false; ///< Takes the store as it is: for programs beside the nodes.
  bool galera_sync = true;   ///< Sessions read what any server of a Galera cluster committed.
};

/// What the section `storage` says. ec::bad_request when the password's file cannot be used.
expected<mariadb_config> mariadb_config_of(const base::config& config);

/// A store on a MariaDB server, for one node or many. Brings the schema up to date; nodes that
/// start together wait for each other in this. Connections that got lost are made anew when next
/// needed, on the first host that serves; while none does, everything fails at once with
/// ec::store_unreachable.
///
/// ec::store_unreachable when no server serves (the detail says what to check), ec::conflict when
/// the schema is newer than this release, or a copy into this store was cut off.
expected<std::unique_ptr<database_pool>> open_mariadb(const mariadb_config& config);

} // namespace aops::storage
