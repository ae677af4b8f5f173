#pragma once

#include "runtime/io/storage/store_copy.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

/// Rows of any table as values: what copies and backups are made of.
namespace aops::storage {

/// A value that owns its bytes.
struct stored_value {
  column_shape::kind what = column_shape::kind::integer;
  bool is_null = false;
  int64_t number = 0;
  std::string bytes;

  parameter bound() const;
  std::string shown() const;
};
using stored_row = std::vector<stored_value>;

/// The same bytes for the same values, whatever engine they came from.
std::string canonical(const stored_row& row);

/// What `canonical` wrote for a row of this table. ec::corrupt.
expected<stored_row> parse_canonical(const table_shape& table, std::string_view text);

/// The values of the key, for messages.
std::string key_text(const table_shape& table, const stored_row& row);

/// A digest over rows in the order of their key.
class row_digest {
public:
  row_digest();
  void add(std::string_view canonical_row);
  int64_t rows() const { return rows_; }
  const std::string& hex() const { return hex_; }

private:
  std::string hex_;
  int64_t rows_ = 0;
};

/// Reads a table in the order of its key, a part at a time: no engine has to hold all of it.
class table_reader {
public:
  /// @param is_source What only a running node knows is read as empty.
  table_reader(database& db, const table_shape& table, bool is_source);

  /// The next row; none at the end.
  expected<std::optional<stored_row>> next();

private:
  expected<void> fill();

  database& db_;
  const table_shape& table_;
  std::string select_, tail_;
  std::optional<stored_row> last_;
  std::deque<stored_row> rows_;
  bool is_done_ = false;
};

/// Collects rows and inserts them in parts, each in a transaction of its own.
class table_writer {
public:
  table_writer(database& db, const table_shape& table);
  expected<void> add(stored_row row);
  expected<void> finish();

private:
  database& db_;
  const table_shape& table_;
  std::string insert_;
  std::vector<stored_row> batch_;
  size_t bytes_ = 0;
};

/// ec::conflict, naming a table, when one of them has rows that a new store has not.
expected<void> refuse_rows(database& db, const std::vector<table_shape>& all);

/// Deletes all rows: children first, in parts, so that no transaction gets huge.
expected<void> empty_tables(database& db, std::vector<table_shape> tables);

/// While a store is being filled it is marked, so that no node starts on half of one.
expected<void> mark_unfinished(database& db);
expected<void> mark_finished(database& db);

} // namespace aops::storage
