#pragma once

#include "messages/host.hpp"
#include "runtime/io/storage/database.hpp"

#include <deque>
#include <functional>

namespace aops::storage {

struct group_writer_config {
  std::string node;            ///< Owner of slots as the table `slot` names it.
  size_t most_pending = 8192;  ///< Operations waiting; more are refused with ec::overloaded.
  size_t most_in_batch = 1024; ///< Operations of one transaction.
  int attempts = 5;            ///< Times a batch is tried when the engine is busy or deadlocked.
};

/// Under what an operation writes. Empty for what no slot owns: accounts, rules, trees.
struct fences {
  std::vector<fence> slots;
  std::optional<uint64_t> leader_epoch; ///< Set for what only the leader may write.

  fences() = default;
  fences(fence x) : slots{x} {}
};

/// Group commit. Operations wait until `flush`, which runs them in one transaction: it fences each
/// slot once, in ascending order, runs each operation in a savepoint so that one conflict fails
/// alone, commits, and then answers all. Source: design, "Store writer" and "Fence".
///
/// Has no thread of its own; one thread uses it. Callbacks run inside `append`, `flush` and
/// `fail_all`, never within a transaction, and may append.
class group_writer {
public:
  group_writer(database& db, group_writer_config config) : db_(db), config_(std::move(config)) {}
  ~group_writer();

  /// Queues `work(database&) -> expected<T>`; `done(expected<T>)` is called exactly once.
  ///
  /// `work` may run several times, each time from a clean state: it must not remember anything
  /// outside the database. `done` gets ec::fenced when one of its fences no longer holds,
  /// ec::overloaded when too many wait or the engine stayed busy, ec::store_unreachable when
  /// nothing of the batch could be stored.
  /// @returns Whether this is the first one waiting: the caller then sees to a flush.
  template <class Work, class Done>
  bool append(fences held, Work work, Done done) {
    using result = std::invoke_result_t<Work&, database&>;
    auto outcome = std::make_shared<result>(fail(ec::internal, "not run"));
    operation op;
    op.held = std::move(held);
    op.work = [work = std::move(work), outcome](database& db) mutable -> expected<void> {
      *outcome = work(db);
      if (*outcome)
        return {};
      return fail(outcome->error());
    };
    op.done = [done = std::move(done), outcome](expected<void> how) mutable {
      if (how)
        done(std::move(*outcome));
      else
        done(result{fail(std::move(how.error()))});
    };
    return push(std::move(op));
  }

  /// Writes one batch and answers it. @returns Whether more is waiting.
  bool flush();

  /// Answers everything waiting with an error.
  void fail_all(const error& why);

  size_t pending() const { return queue_.size(); }

private:
  struct operation {
    fences held;
    std::function<expected<void>(database&)> work;
    std::function<void(expected<void>)> done;
  };
  using outcomes = std::vector<expected<void>>;
  /// How far a batch got.
  enum class step : uint8_t { writing, committing };

  bool push(operation op);
  std::vector<operation> take_batch();
  void commit_batch(std::vector<operation>& ops, outcomes& results);
  expected<void> try_batch(std::vector<operation>& ops, outcomes& results);
  expected<void> take_fences(const std::vector<operation>& ops, outcomes& results);
  expected<bool> holds_leader(uint64_t epoch);
  expected<bool> holds_slot(const fence& x);
  expected<void> run_operation(operation& op, expected<void>& result);
  expected<bool> was_stored(); ///< After the connection was lost in a commit.

  database& db_;
  group_writer_config config_;
  std::deque<operation> queue_;
  step step_ = step::writing;
  /// A slot of the batch and its `seq` behind the fence: tells whether a lost commit arrived.
  std::optional<std::pair<fence, int64_t>> witness_;
};

} // namespace aops::storage
