#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/io/storage/database_pool.hpp"
#include "runtime/io/storage/sqlite.hpp"

#include <memory>
#include <utility>

/// One store that several nodes of a test share, by a clock that is turned.
namespace aops::tests {

/// The way of one node to the store.
struct store_way {
  const base::time_source& time;
  bool is_down = false;
  bool loses_commits = false; ///< The next commit takes effect, but its answer gets lost.
  int64_t connections = 0;    ///< Made, over again included.
};

/// A connection by that way.
class shared_database final : public storage::database {
public:
  shared_database(std::unique_ptr<storage::database> real, std::shared_ptr<store_way> way)
      : real_(std::move(real)), way_(std::move(way)) {}

  const storage::dialect& sql() const override { return real_->sql(); }
  expected<int64_t> run_with(std::string_view statement, storage::parameters values) override {
    if (way_->is_down)
      return away();
    return real_->run_with(statement, values);
  }
  expected<std::unique_ptr<storage::cursor>> query_with(std::string_view statement,
                                                        storage::parameters values) override {
    if (way_->is_down)
      return away();
    return real_->query_with(statement, values);
  }
  expected<void> execute(std::string_view statement) override { return real_->execute(statement); }
  int64_t last_id() const override { return real_->last_id(); }
  expected<void> begin() override {
    if (way_->is_down)
      return away();
    return real_->begin();
  }
  expected<void> commit() override {
    auto done = real_->commit();
    if (std::exchange(way_->loses_commits, false))
      return away();
    return done;
  }
  void rollback() override { real_->rollback(); }
  bool in_transaction() const override { return real_->in_transaction(); }
  expected<void> savepoint(int depth) override { return real_->savepoint(depth); }
  expected<void> release(int depth) override { return real_->release(depth); }
  void rollback_to(int depth) override { real_->rollback_to(depth); }
  expected<void> reconnect() override {
    if (way_->is_down)
      return away();
    ++way_->connections;
    return {};
  }
  expected<int64_t> now_ms() override { return way_->time.wall_ms(); }

private:
  static tl::unexpected<error> away() { return fail(ec::store_unreachable, "the store is away"); }

  std::unique_ptr<storage::database> real_;
  std::shared_ptr<store_way> way_;
};

/// The pool of one node.
class shared_pool final : public storage::database_pool {
public:
  shared_pool(std::shared_ptr<storage::database_pool> store, std::shared_ptr<store_way> way)
      : database_pool(1), store_(std::move(store)), way_(std::move(way)) {}
  ~shared_pool() override { close_readers(); }

  storage::database& writer() override { return store_->writer(); }
  expected<std::unique_ptr<storage::database>> connect() override {
    if (way_->is_down)
      return fail(ec::store_unreachable, "the store is away");
    ++way_->connections;
    auto real = store_->connect();
    if (!real)
      return fail(std::move(real.error()));
    return std::make_unique<shared_database>(std::move(*real), way_);
  }
  int64_t bytes_stored() override { return 0; }

protected:
  expected<std::unique_ptr<storage::database>> connect_reader() override { return connect(); }

private:
  std::shared_ptr<storage::database_pool> store_;
  std::shared_ptr<store_way> way_;
};

} // namespace aops::tests
