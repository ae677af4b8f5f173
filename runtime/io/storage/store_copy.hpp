#pragma once

#include "runtime/io/storage/database.hpp"

#include <functional>
#include <span>

/// Moves everything from one store to another, whatever their engines.
namespace aops::storage {

/// A column: what it holds, and whether the copy starts with it empty.
struct column_shape {
  enum class kind : uint8_t { integer, text, blob };
  std::string name;
  kind what = kind::integer;
  bool is_reset = false; ///< What only a running node knows: `''` or 0 in the copy.
  friend bool operator==(const column_shape&, const column_shape&) = default;
};

/// A table; its first columns are its key.
struct table_shape {
  std::string name;
  size_t keys = 1;
  bool is_copied = true;  ///< Else it stays empty: rows of nodes.
  bool is_filled = false; ///< A new store has rows in it.
  std::vector<column_shape> columns;
  friend bool operator==(const table_shape&, const table_shape&) = default;
};

/// All tables of a store but those about the schema itself, each after those it refers to, as the
/// store's own schema has them. ec::internal when it has a type that nothing here has.
expected<std::vector<table_shape>> store_tables(database& db);

struct copied_table {
  std::string name;
  int64_t rows = 0;
  std::string digest; ///< SHA-256 over its rows in the order of the key.
};

/// Called now and then with a table and the rows of it that were copied, or verified.
using copy_progress = std::function<void(std::string_view step, std::string_view table, int64_t)>;

/// Copies all tables, keys and all, then reads both sides and compares row for row.
///
/// Both schemas are of today. `to` must be empty, or hold a copy that was cut off: that is deleted
/// first. `from` must not change meanwhile.
///
/// ec::conflict when `to` has rows, or other tables or columns; ec::corrupt when the copy differs,
/// naming table and key.
expected<std::vector<copied_table>>
copy_store(database& from, database& to, const copy_progress& progress);

/// Whether a copy into this store was begun and not finished.
expected<bool> is_copy_unfinished(database& db);

} // namespace aops::storage
