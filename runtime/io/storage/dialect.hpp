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

  /// Inserts a row or, when the key exists and its column `age` is no greater, sets its other
  /// columns. Values: keys, the others, the age.
  virtual std::string upsert_unless_older(std::string_view table,
                                          columns keys,
                                          columns others,
                                          std::string_view age) const = 0;

  /// A column of integers plus one, as its new value in an update of one row. Where
  /// `tells_counted`, `database::last_id` gives that value afterwards.
  virtual std::string counted(std::string_view column) const {
    return std::string{column} + " + 1";
  }
  virtual bool tells_counted() const { return false; }

  /// Whether a statement is a round trip, so that a few long ones beat many short ones.
  virtual bool is_distant() const { return false; }

  /// Stands after a table's name: the index the planner must use.
  virtual std::string use_index(std::string_view index) const = 0;

  /// Stands after a query whose rows the transaction will change: no other may change them until
  /// it ends, and the query sees what was committed last. Empty where writers are alone.
  virtual std::string_view for_update() const { return {}; }

  /// Whether a statement that defines something commits, whatever transaction is open.
  virtual bool commits_definitions() const { return false; }

  /// A migration's statement with its `${...}` marks filled in: `${identity}` an integer
  /// primary key that counts by itself, `${key}` one that is given, `${table}` options of a table,
  /// `${clustered}` options of a table of small rows stored in the order of its primary key. `drop
  /// index … on TABLE` names the table; empty for an `alter table … modify COLUMN TYPE` where types
  /// have no lengths.
  virtual std::string define(std::string_view statement) const = 0;
};

} // namespace aops::storage
