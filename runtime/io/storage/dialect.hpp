#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace aops::storage {

/// The few statements that engines spell differently. Table and column names come from our own
/// sources only.
class dialect {
public:
  using columns = std::initializer_list<std::string_view>;

  virtual ~dialect() = default;

  /// `sqlite`, `mariadb`.
  virtual std::string_view engine() const = 0;

  /// Inserts a row or, when the key exists, sets its other columns. Values: keys, then the others.
  /// The count of matched rows says nothing here.
  virtual std::string upsert(std::string_view table, columns keys, columns others) const = 0;

  /// Inserts a row or, when the key exists, adds to its column `sum`. Values: keys, then the sum.
  virtual std::string
  insert_or_add(std::string_view table, columns keys, std::string_view sum) const = 0;

  /// Inserts a row unless the unique key `keys` exists; matched rows: 1 or 0. Values: keys, then
  /// the others.
  virtual std::string insert_ignore(std::string_view table, columns keys, columns others) const = 0;

  /// Stands behind a table's name: the index the planner must use.
  virtual std::string use_index(std::string_view index) const = 0;

  /// A migration's statement with its `${...}` marks filled in: `${identity}` an integer
  /// primary key that counts by itself, `${key}` one that is given, `${table}` options of a table,
  /// `${clustered}` options of a table of small rows stored in the order of its primary key.
  virtual std::string define(std::string_view statement) const = 0;
};

} // namespace aops::storage
