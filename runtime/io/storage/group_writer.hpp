#pragma once

#include "messages/fence.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/fair_queue.hpp"
#include "runtime/io/storage/database.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <span>

namespace aops::storage {

struct group_writer_config {
  std::string node;            ///< Owner of slots as the table `slot` names it.
  size_t most_pending = 8192;  ///< Operations waiting of a class; more are refused.
  size_t most_in_batch = 1024; ///< Operations of one transaction.
  int attempts = 5;            ///< Times a batch is tried when the engine is busy or deadlocked.
  /// Rows after which a batch takes no more of a class: what rounds of hosts have to wait for at
  /// most, beside one operation that is larger. Their own rows are not counted.
  base::per_urgency<size_t> most_rows{SIZE_MAX, 4096, 1024, 4096};
  /// How long the first of an owner may wait before more of its are refused.
  int64_t patience_ms = 10'000;
  const base::time_source* time = &base::system_time();
};

/// Under what an operation writes. Empty for what no slot owns: accounts, rules, trees.
struct fences {
  std::vector<fence> slots;
  std::optional<uint64_t> leader_epoch; ///< Set for what only the leader may write.

  fences() = default;
  fences(fence x) : slots{x} {}
};

/// What operations of one kind do, all of them in few statements. All or nothing: when it fails,
/// each is done alone.
template <class Item>
using joint_work = expected<void> (*)(database&, std::span<const Item* const>);

/// Group commit. Operations wait until `flush`, which takes a batch, the urgent first and a share
/// of each class, and runs it in one transaction: it fences each slot once, in ascending order,
/// runs the operations, those of one kind together, commits, and then answers all. When one fails,
/// the transaction is undone and all run once more one by one, each in a savepoint, so that it
/// fails alone. See docs/reference/cluster.md#group-commit.
///
/// Has no thread of its own; one thread uses it. Callbacks run inside `append`, `flush` and
/// `fail_all`, never within a transaction, and may append.
class group_writer {
public:
  group_writer(database& db, group_writer_config config);
  ~group_writer();

  /// Queues `work(database&) -> expected<T>`; `done(expected<T>)` is called exactly once.
  ///
  /// `work` may run several times, each time from a clean state: it must not remember anything
  /// outside the database. `done` gets ec::fenced when one of its fences no longer holds,
  /// ec::overloaded when too many wait or wait too long or the engine stayed busy, ec::timed_out
  /// when its time was over before its turn came, ec::store_unreachable when nothing of the batch
  /// could be stored.
  /// @param how Its class, whose it is and until when the answer is awaited.
  /// @param rows About how many it writes.
  /// @returns Whether this is the first one waiting: the caller then sees to a flush.
  template <class Work, class Done>
  bool append(fences held, Work work, Done done, base::ticket how = {}, size_t rows = 1) {
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
    op.rows = rows;
    return push(std::move(how), std::move(op));
  }

  /// Queues `work` on one item; those of a batch that have the same `work` are done together.
  /// `done(expected<void>)` as above.
  template <class Item, class Done>
  bool append_joint(fences held,
                    Item item,
                    joint_work<Item> work,
                    Done done,
                    base::ticket how = {},
                    size_t rows = 1) {
    auto kept = std::make_shared<const Item>(std::move(item));
    operation op;
    op.held = std::move(held);
    op.work = [kept, work](database& db) {
      const Item* one = kept.get();
      return work(db, std::span{&one, 1});
    };
    op.done = std::move(done);
    op.item = kept.get();
    op.kind = reinterpret_cast<kind_key>(work);
    op.together = [work](database& db, const std::vector<const void*>& items) {
      std::vector<const Item*> all;
      all.reserve(items.size());
      for (const auto* x : items)
        all.push_back(static_cast<const Item*>(x));
      return work(db, all);
    };
    op.rows = rows;
    return push(std::move(how), std::move(op));
  }

  /// Writes one batch and answers it. @returns Whether more is waiting.
  bool flush();

  /// Answers everything waiting with an error.
  void fail_all(const error& why);

  size_t pending() const;
  base::queue_standing standing(base::urgency what) const; ///< Any thread.

private:
  using kind_key = void (*)();
  using many_items = std::vector<const void*>;
  struct operation {
    fences held;
    std::function<expected<void>(database&)> work;
    std::function<void(expected<void>)> done;
    size_t rows = 1;
    // Of those that can be done together:
    kind_key kind = nullptr;
    const void* item = nullptr; ///< Kept alive by `work`.
    std::function<expected<void>(database&, const many_items&)> together;
  };
  using outcomes = std::vector<expected<void>>;
  /// How far a batch got.
  enum class step : uint8_t { writing, committing };
  enum class manner : uint8_t { together, one_by_one };
  struct slot_key {
    uint16_t slot;
    uint64_t epoch;
    auto operator<=>(const slot_key&) const = default;
  };
  using slot_map = std::map<slot_key, bool>; ///< Whether it is held.

  bool push(base::ticket how, operation op);
  std::vector<operation> take_batch();
  void commit_batch(std::vector<operation>& ops, outcomes& results);
  expected<void> try_batch(std::vector<operation>& ops, outcomes& results);
  expected<void> try_batch(std::vector<operation>& ops, outcomes& results, manner how);
  expected<void> run_together(std::vector<operation>& ops, const outcomes& results);
  expected<void> take_fences(const std::vector<operation>& ops, outcomes& results);
  expected<bool> holds_leader(uint64_t epoch);
  expected<bool> holds_slot(const slot_key& x);
  expected<void> hold_slots(slot_map& slots);
  expected<void> run_alone(operation& op, expected<void>& result);
  expected<bool> was_stored(); ///< After the connection was lost in a commit.

  database& db_;
  group_writer_config config_;
  mutable std::mutex mutex_; ///< Of the queue: others look at it.
  base::fair_queue<operation> queue_;
  step step_ = step::writing;
  /// A slot of the batch and its `seq` after the fence: tells whether a lost commit arrived.
  std::optional<std::pair<slot_key, int64_t>> witness_;
};

} // namespace aops::storage
