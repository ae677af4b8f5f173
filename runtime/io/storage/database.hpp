#pragma once

#include "messages/error.hpp"
#include "runtime/io/storage/dialect.hpp"

#include <array>
#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// The port to the SQL store. Repositories write SQL once, with `?` marks, and know no engine.
namespace aops::storage {

/// Marks bytes to be bound as a blob instead of a text.
struct blob {
  std::string_view bytes;
};

/// A value for one `?`. Refers to texts and blobs: they must live until the call returns.
class parameter {
public:
  enum class kind : uint8_t { null, integer, real, text, blob };

  parameter(std::nullptr_t = nullptr) {}
  template <std::integral T>
  parameter(T x) : kind_(kind::integer), integer_(static_cast<int64_t>(x)) {}
  parameter(double x) : kind_(kind::real), real_(x) {}
  parameter(std::string_view x) : kind_(kind::text), text_(x) {}
  parameter(const std::string& x) : kind_(kind::text), text_(x) {}
  parameter(const char* x) : kind_(kind::text), text_(x) {}
  parameter(blob x) : kind_(kind::blob), text_(x.bytes) {}
  /// Null when empty.
  template <class T>
  parameter(const std::optional<T>& x) : parameter(x ? parameter(*x) : parameter()) {}

  kind what() const { return kind_; }
  int64_t integer() const { return integer_; }
  double real() const { return real_; }
  std::string_view text() const { return text_; } ///< Of texts and blobs.

private:
  kind kind_ = kind::null;
  int64_t integer_ = 0;
  double real_ = 0;
  std::string_view text_;
};

using parameters = std::span<const parameter>;

/// The current row of a result. Columns count from 0. Views stay valid until the next step.
class row {
public:
  virtual bool is_null(int column) const = 0;
  virtual int64_t integer(int column) const = 0;       ///< 0 for null.
  virtual double real(int column) const = 0;           ///< 0 for null.
  virtual std::string_view text(int column) const = 0; ///< Of texts and blobs; empty for null.
  std::string string(int column) const { return std::string{text(column)}; }
  bool boolean(int column) const { return integer(column) != 0; }

protected:
  ~row() = default;
};

/// A result being read. Must end before its database does.
class cursor : public row {
public:
  virtual ~cursor() = default;
  /// Steps to the next row; false after the last one.
  virtual expected<bool> next() = 0;
};

/// One connection, for one thread at a time. Statements are prepared once and cached.
///
/// Errors: `ec::conflict` a unique key exists; `ec::has_dependency` a foreign key objects;
/// `ec::overloaded` busy, locked or deadlocked: the whole transaction may be tried again;
/// `ec::store_unreachable` the server, the disk or the file does not serve; else
/// `ec::insert_failed`, `update_failed`, `delete_failed` or `query_failed` by the statement's verb.
/// Details name constraints, never values.
class database {
public:
  virtual ~database() = default;
  database() = default;
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  /// What differs between engines.
  virtual const dialect& sql() const = 0;

  /// Runs a statement without a result. @returns Rows it matched.
  virtual expected<int64_t> run_with(std::string_view statement, parameters values) = 0;

  /// Runs a statement once for each row of `columns` values, in order, in as few round trips as the
  /// engine can. When it fails, the rows before may be written: for use in transactions.
  /// @returns Rows it matched, all together.
  virtual expected<int64_t> run_many(std::string_view statement, size_t columns, parameters rows);

  /// Starts a query; `values` may go away afterwards.
  virtual expected<std::unique_ptr<cursor>> query_with(std::string_view statement,
                                                       parameters values) = 0;

  /// Runs a statement as it is, neither prepared nor cached: migrations, settings.
  virtual expected<void> execute(std::string_view statement) = 0;

  /// The integer key of the row this connection inserted last.
  virtual int64_t last_id() const = 0;

  /// Begins a transaction that will write (when the connection may). `ec::overloaded` when the
  /// engine cannot keep up.
  virtual expected<void> begin() = 0;
  /// Begins a transaction that only reads; all its queries see the same state.
  virtual expected<void> begin_reading() { return begin(); }
  virtual expected<void> commit() = 0;
  virtual void rollback() = 0; ///< Harmless without a transaction.
  virtual bool in_transaction() const = 0;

  /// Savepoints nest; `depth` names them.
  virtual expected<void> savepoint(int depth) = 0;
  virtual expected<void> release(int depth) = 0;
  virtual void rollback_to(int depth) = 0; ///< Undoes and forgets the savepoint.

  /// Makes a lost connection whole again; at once true for an embedded engine. A lost connection
  /// also mends itself when the next transaction, or statement outside of one, begins.
  virtual expected<void> reconnect() = 0;

  /// Milliseconds UTC by the store's own clock.
  virtual expected<int64_t> now_ms() = 0;

  // -- conveniences

  template <class... Args>
  expected<int64_t> run(std::string_view statement, const Args&... args) {
    const std::array<parameter, sizeof...(Args)> values{parameter(args)...};
    return run_with(statement, values);
  }

  template <class... Args>
  expected<std::unique_ptr<cursor>> query(std::string_view statement, const Args&... args) {
    const std::array<parameter, sizeof...(Args)> values{parameter(args)...};
    return query_with(statement, values);
  }

  /// All rows, each made by `read(const row&)`.
  template <class Read, class T = std::invoke_result_t<Read, const row&>>
  expected<std::vector<T>> list_with(std::string_view statement, parameters values, Read read) {
    auto rows = query_with(statement, values);
    if (!rows)
      return fail(std::move(rows.error()));
    std::vector<T> out;
    for (;;) {
      auto more = (*rows)->next();
      if (!more)
        return fail(std::move(more.error()));
      if (!*more)
        return out;
      out.push_back(read(static_cast<const row&>(**rows)));
    }
  }

  template <class Read, class... Args>
  auto list(std::string_view statement, Read read, const Args&... args) {
    const std::array<parameter, sizeof...(Args)> values{parameter(args)...};
    return list_with(statement, values, std::move(read));
  }

  /// The first row, if any.
  template <class Read, class T = std::invoke_result_t<Read, const row&>>
  expected<std::optional<T>> first_with(std::string_view statement, parameters values, Read read) {
    auto rows = query_with(statement, values);
    if (!rows)
      return fail(std::move(rows.error()));
    auto more = (*rows)->next();
    if (!more)
      return fail(std::move(more.error()));
    if (!*more)
      return std::optional<T>{};
    return std::optional<T>{read(static_cast<const row&>(**rows))};
  }

  template <class Read, class... Args>
  auto first(std::string_view statement, Read read, const Args&... args) {
    const std::array<parameter, sizeof...(Args)> values{parameter(args)...};
    return first_with(statement, values, std::move(read));
  }

  /// The integer in the first column of the first row, if any and not null.
  expected<std::optional<int64_t>> integer_with(std::string_view statement, parameters values);

  template <class... Args>
  expected<std::optional<int64_t>> integer(std::string_view statement, const Args&... args) {
    const std::array<parameter, sizeof...(Args)> values{parameter(args)...};
    return integer_with(statement, values);
  }

  /// The same, 0 when there is none: for counts and sums.
  template <class... Args>
  expected<int64_t> count(std::string_view statement, const Args&... args) {
    return integer(statement, args...).map([](auto x) { return x.value_or(0); });
  }
};

/// Runs `work(db)` in a transaction: commits when it succeeds, else rolls back. Within a
/// transaction it just runs.
template <class Work, class Result = std::invoke_result_t<Work, database&>>
Result transact(database& db, Work&& work) {
  if (db.in_transaction())
    return work(db);
  if (auto begun = db.begin(); !begun)
    return fail(std::move(begun.error()));
  Result result = work(db);
  if (result) {
    auto committed = db.commit();
    if (committed)
      return result;
    result = fail(std::move(committed.error()));
  }
  db.rollback();
  return result;
}

/// While it lives, all queries of the connection see the same state. Nothing may be written under
/// it, unless a transaction was open before.
class snapshot {
public:
  explicit snapshot(database& db) : db_(db), is_mine_(!db.in_transaction()) {
    if (is_mine_)
      begun_ = db_.begin_reading();
  }
  ~snapshot() {
    if (is_mine_ && begun_)
      db_.rollback();
  }
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;
  explicit operator bool() const { return begun_.has_value(); }
  const aops::error& error() const { return begun_.error(); }

private:
  database& db_;
  bool is_mine_;
  expected<void> begun_;
};

} // namespace aops::storage
