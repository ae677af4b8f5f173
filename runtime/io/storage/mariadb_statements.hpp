#pragma once

#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/mariadb_error.hpp"

#include <memory>
#include <mysql.h>
#include <unordered_map>
#include <vector>

namespace aops::storage {

template <class T>
using mariadb_result = tl::expected<T, mariadb_trouble>;

/// A prepared statement with its values and, after a query, its result: kept on this side, so that
/// the connection is free for others.
class mariadb_statement {
public:
  mariadb_statement(std::shared_ptr<MYSQL> db, MYSQL_STMT* statement)
      : db_(std::move(db)), statement_(statement) {}

  static mariadb_result<std::shared_ptr<mariadb_statement>>
  prepare(const std::shared_ptr<MYSQL>& db, std::string_view text);

  size_t marks() const { return mysql_stmt_param_count(statement_.get()); }

  /// @returns Matched rows.
  mariadb_result<int64_t> run(parameters values);

  /// The same for many rows in one round trip. All values of a column are of one kind, or null.
  mariadb_result<int64_t> run_many(size_t columns, parameters rows);

  mariadb_result<void> start_query(parameters values);
  mariadb_result<bool> next();
  void end_query();

  uint64_t insert_id() const { return mysql_stmt_insert_id(statement_.get()); }

  bool is_null(int column) const { return at(column).is_null != 0; }
  int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;

  bool is_busy = false;
  uint64_t last_use = 0;

private:
  struct closer {
    void operator()(MYSQL_STMT* x) const { mysql_stmt_close(x); }
  };
  enum class kind : uint8_t { integer, real, text };
  /// A column of the result, and where its value of the current row goes.
  struct column {
    kind what = kind::text;
    int64_t integer = 0;
    double real = 0;
    std::string bytes;
    unsigned long length = 0;
    my_bool is_null = 0, is_cut = 0;
    mutable std::string shown; ///< A number as text.
  };

  const column& at(int i) const { return columns_[static_cast<size_t>(i)]; }
  mariadb_trouble trouble() const;
  mariadb_result<void> send(parameters values);
  void learn_columns();
  bool bind_columns();
  mariadb_result<void> fetch_rest();

  std::shared_ptr<MYSQL> db_; ///< The library looks at it even when only a result is read.
  std::unique_ptr<MYSQL_STMT, closer> statement_;
  std::vector<MYSQL_BIND> binds_;
  std::vector<int64_t> integers_;
  std::vector<double> reals_;
  std::vector<column> columns_;
  std::vector<MYSQL_BIND> places_;
  bool is_open_ = false;
};

/// Prepared statements of one connection by their text.
class mariadb_statements {
public:
  static constexpr size_t most = 256;          ///< The least recently used one goes.
  static constexpr size_t longest_text = 4096; ///< Longer ones are not kept.

  /// A statement in use; free again by its destructor. It keeps its connection alive.
  class use {
  public:
    explicit use(std::shared_ptr<mariadb_statement> statement) : statement_(std::move(statement)) {
      statement_->is_busy = true;
    }
    use(use&&) noexcept = default;
    use& operator=(use&&) = delete;
    ~use() {
      if (!statement_)
        return;
      statement_->end_query();
      statement_->is_busy = false;
    }
    mariadb_statement* operator->() const { return statement_.get(); }

  private:
    std::shared_ptr<mariadb_statement> statement_;
  };

  /// Prepares, or takes from the cache; a statement that is in use is prepared once more.
  mariadb_result<use> take(const std::shared_ptr<MYSQL>& db, std::string_view text);

  void clear() { entries_.clear(); }
  size_t size() const { return entries_.size(); }
  uint64_t hits() const { return hits_; }

private:
  struct text_hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  void make_room();

  std::unordered_map<std::string, std::shared_ptr<mariadb_statement>, text_hash, std::equal_to<>>
    entries_;
  uint64_t uses_ = 0, hits_ = 0;
};

} // namespace aops::storage
