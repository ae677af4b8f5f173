#pragma once

#include "runtime/io/storage/database.hpp"

#include <chrono>
#include <thread>

namespace aops::benchmarks {

/// Counts what is sent to a database, and makes each sending take longer, as a distant one would.
class counted_database final : public storage::database {
public:
  counted_database(storage::database& real, std::chrono::microseconds round_trip)
      : real_(real), round_trip_(round_trip) {}

  int64_t sent = 0;

  const storage::dialect& sql() const override { return real_.sql(); }
  expected<int64_t> run_with(std::string_view statement, storage::parameters values) override {
    send();
    return real_.run_with(statement, values);
  }
  expected<int64_t>
  run_many(std::string_view statement, size_t columns, storage::parameters rows) override {
    bool is_one_by_one = statement.starts_with("insert /*") || sql().engine() == "sqlite";
    for (size_t i = 0; i < (is_one_by_one ? rows.size() : std::min<size_t>(1, rows.size()));
         i += columns)
      send();
    return real_.run_many(statement, columns, rows);
  }
  expected<std::unique_ptr<storage::cursor>> query_with(std::string_view statement,
                                                        storage::parameters values) override {
    send();
    return real_.query_with(statement, values);
  }
  expected<void> execute(std::string_view statement) override { return real_.execute(statement); }
  int64_t last_id() const override { return real_.last_id(); }
  expected<void> begin() override {
    send();
    return real_.begin();
  }
  expected<void> commit() override {
    send();
    return real_.commit();
  }
  void rollback() override { real_.rollback(); }
  bool in_transaction() const override { return real_.in_transaction(); }
  expected<void> savepoint(int depth) override {
    send();
    return real_.savepoint(depth);
  }
  expected<void> release(int depth) override {
    if (sql().engine() == "sqlite") // On MariaDB it says nothing.
      send();
    return real_.release(depth);
  }
  void rollback_to(int depth) override { real_.rollback_to(depth); }
  expected<void> reconnect() override { return real_.reconnect(); }
  expected<int64_t> now_ms() override { return real_.now_ms(); }

private:
  void send() {
    ++sent;
    if (round_trip_.count() > 0)
      std::this_thread::sleep_for(round_trip_);
  }

  storage::database& real_;
  std::chrono::microseconds round_trip_;
};

} // namespace aops::benchmarks
