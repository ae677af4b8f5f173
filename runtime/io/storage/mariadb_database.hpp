#pragma once

#include "runtime/io/storage/mariadb_endpoints.hpp"
#include "runtime/io/storage/mariadb_statements.hpp"

namespace aops::storage {

/// One connection to a MariaDB server. When it is lost outside a transaction, the next statement
/// makes a new one; a statement is sent again only when it cannot have been done.
class mariadb_database final : public database {
public:
  /// ec::store_unreachable.
  static expected<std::unique_ptr<mariadb_database>>
  open(std::shared_ptr<mariadb_endpoints> endpoints, mariadb_session kind);
  ~mariadb_database() override;

  const dialect& sql() const override;
  expected<int64_t> run_with(std::string_view statement, parameters values) override;
  expected<int64_t> run_many(std::string_view statement, size_t columns, parameters rows) override;
  expected<std::unique_ptr<cursor>> query_with(std::string_view statement,
                                               parameters values) override;
  expected<void> execute(std::string_view statement) override;
  int64_t last_id() const override { return last_id_; }
  expected<void> begin() override;
  expected<void> begin_reading() override;
  expected<void> commit() override;
  void rollback() override;
  bool in_transaction() const override { return in_transaction_; }
  expected<void> savepoint(int depth) override;
  expected<void> release(int depth) override;
  void rollback_to(int depth) override;
  expected<void> reconnect() override;
  expected<int64_t> now_ms() override;

  /// For tests: how often the cache had a statement, and the server's number of this connection.
  const mariadb_statements& statements() const { return statements_; }
  uint64_t server_id() const { return link_ ? mysql_thread_id(link_.get()) : 0; }

private:
  mariadb_database(std::shared_ptr<mariadb_endpoints> endpoints, mariadb_session kind)
      : endpoints_(std::move(endpoints)), kind_(kind) {}

  expected<void> ready();
  bool is_dead() const;
  void drop();
  error note(const mariadb_trouble& what, std::string_view statement = {});
  expected<void> say(std::string_view text);
  expected<void> start(std::initializer_list<std::string_view> words);
  template <class Try>
  auto trying(Try attempt);
  expected<int64_t> run_once(std::string_view statement, parameters values, bool& was_sent);
  expected<int64_t> run_careful(std::string_view statement, parameters values);
  expected<int64_t> run_part(std::string_view statement, size_t columns, parameters rows);

  std::shared_ptr<mariadb_endpoints> endpoints_;
  mariadb_session kind_;
  std::shared_ptr<MYSQL> link_; ///< Null when it was lost.
  mariadb_statements statements_;
  int64_t last_id_ = 0;
  bool was_connected_ = false, in_transaction_ = false;
  /// The server undid the transaction, or took it along with the connection: nothing may go on as
  /// if it were there, until whoever began it rolls back.
  std::optional<error> undone_;
};

} // namespace aops::storage
