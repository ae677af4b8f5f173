#pragma once

#include "runtime/io/storage/database.hpp"

#include <deque>
#include <map>

namespace aops::tests {

/// A database whose next steps may fail as told.
class faulty_database final : public storage::database {
public:
  explicit faulty_database(storage::database& real) : real_(real) {}

  std::deque<error> begin_failures, commit_failures; ///< Taken one by one before the real step.
  std::deque<error> lost_answers; ///< The commit is done, but the answer is this error.
  std::map<std::string, std::deque<error>> run_failures; ///< By a statement's first word.
  std::function<void()> before_commit;                   ///< Called before each real commit.
  std::function<void(std::string_view)> before_query;    ///< Called before each real query.
  bool can_reconnect = true;
  int commits = 0, reconnects = 0, savepoints = 0;

  const storage::dialect& sql() const override { return real_.sql(); }
  expected<int64_t> run_with(std::string_view statement, storage::parameters values) override {
    auto failures = run_failures.find(std::string{statement.substr(0, statement.find(' '))});
    if (failures != run_failures.end() && !failures->second.empty())
      return fail(taken(failures->second));
    return real_.run_with(statement, values);
  }
  expected<int64_t>
  run_many(std::string_view statement, size_t columns, storage::parameters rows) override {
    return real_.run_many(statement, columns, rows);
  }
  expected<std::unique_ptr<storage::cursor>> query_with(std::string_view statement,
                                                        storage::parameters values) override {
    if (before_query)
      before_query(statement);
    return real_.query_with(statement, values);
  }
  expected<void> execute(std::string_view statement) override { return real_.execute(statement); }
  int64_t last_id() const override { return real_.last_id(); }
  expected<void> begin() override {
    if (!begin_failures.empty())
      return fail(taken(begin_failures));
    return real_.begin();
  }
  expected<void> commit() override {
    ++commits;
    if (before_commit)
      before_commit();
    if (!commit_failures.empty()) {
      real_.rollback();
      return fail(taken(commit_failures));
    }
    auto done = real_.commit();
    if (!lost_answers.empty())
      return fail(taken(lost_answers));
    return done;
  }
  void rollback() override { real_.rollback(); }
  bool in_transaction() const override { return real_.in_transaction(); }
  expected<void> savepoint(int depth) override {
    ++savepoints;
    return real_.savepoint(depth);
  }
  expected<void> release(int depth) override { return real_.release(depth); }
  void rollback_to(int depth) override { real_.rollback_to(depth); }
  expected<void> reconnect() override {
    ++reconnects;
    real_.rollback();
    if (can_reconnect)
      return real_.reconnect();
    return fail(ec::store_unreachable, "still away");
  }
  expected<int64_t> now_ms() override { return real_.now_ms(); }

private:
  static error taken(std::deque<error>& from) {
    auto out = from.front();
    from.pop_front();
    return out;
  }
  storage::database& real_;
};

} // namespace aops::tests
