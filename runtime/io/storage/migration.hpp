#pragma once

#include "runtime/io/storage/database.hpp"

#include <span>

namespace aops::storage {

/// A numbered step of the schema: `migrations/NNNN_name.sql`. Only ever added, never changed.
struct migration {
  int64_t version = 0;
  std::string_view name;
  std::string_view sql; ///< Statements that end with `;` at the end of a line.
};

/// Those built into this program, in order.
std::span<const migration> built_in_migrations();

/// Applies what is missing, each step in a transaction of its own. Where the engine commits each
/// definition at once, a step that was cut off goes on after its last finished statement.
///
/// @returns The schema's version now. ec::conflict when the store's schema is newer than the last
/// step, the detail says both versions; or when its steps have other names than these.
expected<int64_t> migrate(database& db, std::span<const migration> steps = built_in_migrations());

/// The version of a store's schema; 0 for an empty store.
expected<int64_t> schema_version(database& db);

/// The statements of a migration, comments removed.
std::vector<std::string> statements_of(std::string_view sql);

} // namespace aops::storage
