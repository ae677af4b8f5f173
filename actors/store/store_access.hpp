#pragma once

#include "actors/store/store_writer.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/directory.hpp"
#include "actors/support/executor.hpp"
#include "actors/support/foreign_promise.hpp"
#include "messages/account.hpp"
#include "messages/check.hpp"
#include "messages/names.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/config.hpp"
#include "runtime/core/schedule/slot.hpp"
#include "runtime/io/storage/audit_repository.hpp"
#include "runtime/io/storage/database_pool.hpp"
#include "runtime/io/storage/scope.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace aops::actors {

/// What store actors work with. Reads run in a pool on connections of their own; writes go to the
/// store writer, which commits them in groups. Shared by all of them; outlives the actor system.
struct store_access {
  std::shared_ptr<storage::database_pool> pool;
  std::shared_ptr<executor> readers; ///< For reads.
  std::shared_ptr<executor> crypto;  ///< For scrypt: one thread, a short queue.
  std::shared_ptr<directory> names;
  std::shared_ptr<const base::clock> clock;
  std::shared_ptr<const base::config> config;
  const base::time_source* time = &base::system_time();
  std::shared_ptr<schedule::ownership> slots;
  /// Under which epoch this node leads the cluster; nothing when it does not. 0: it is the only one
  /// and needs no fence. Any thread.
  std::function<std::optional<uint64_t>()> leader_epoch = [] { return std::optional<uint64_t>{0}; };

  /// Why this node cannot take a rule at present, with the field; empty: it can. Any thread.
  std::function<std::string(const check_rule&)> why_no_rule = [](const check_rule&) {
    return std::string{};
  };

  int64_t now_ms() const { return clock->now_ms(); }

  /// When an answer is no longer awaited: as the request says, at the latest after
  /// `store.request_timeout`.
  base::ticket bounded(base::ticket how) const {
    how.due_ms = std::min(how.due_ms, time->steady_ms() + config->store.request_timeout.ms);
    return how;
  }
};

using store_ptr = std::shared_ptr<const store_access>;

/// What a caller sees.
inline storage::scope scope_of(const caller& who) {
  return {who.owner, who.groups ? who.user : std::string{}};
}

/// What a user asks for.
inline purpose of(const caller& who) { return {base::urgency::people, who.owner, {}}; }

/// The ticket of what nobody waits for.
inline base::ticket unawaited(base::urgency what, std::string owner = {}) {
  return {what, std::move(owner), {}, base::never_ms};
}

/// Runs `work()` on the pool of `where` in its turn; what is refused fails the promise.
template <class T, class Work>
caf::result<T>
on_pool(const store_ptr& store, executor& where, foreign_promise<T> promise, Work work) {
  where.queue(store->bounded(promise.ticket()),
              [promise, work = std::move(work)](expected<void> turn) mutable {
                if (turn)
                  work();
                else
                  promise.fail(std::move(turn.error()));
              });
  return promise;
}

/// Answers the promise with `work(database&) -> expected<T>`, run on a reading connection; unread
/// when nobody waits any more.
template <class T, class Work>
caf::result<T> read(const store_ptr& store, foreign_promise<T> promise, Work work) {
  return on_pool(store, *store->readers, promise, [store, promise, work = std::move(work)] {
    auto db = store->pool->read();
    promise.answer(db ? work(**db) : expected<T>{fail(std::move(db.error()))});
  });
}

/// Has the writer run `work(database&) -> expected<U>` in one of its next group commits and hands
/// the outcome to `done(expected<U>)`, on the writer's thread. `work` may run more than once.
/// @param how Its class and owner; past its due time it is not written.
/// @param rows About how many rows it writes.
template <class Work, class Done>
void write(const store_access& store,
           base::ticket how,
           storage::fences held,
           Work work,
           Done done,
           size_t rows = 1) {
  using outcome = std::invoke_result_t<Work&, storage::database&>;
  auto append = [how = std::move(how), held = std::move(held), work = std::move(work), done, rows](
                  storage::group_writer& to) mutable {
    return to.append(std::move(held), std::move(work), done, std::move(how), rows);
  };
  write_order order{std::make_shared<write_order::append_function>(std::move(append))};
  if (!tell<store_writer_actor>(*store.names, store_writer_name, std::move(order)))
    done(outcome{fail(down_error(store_writer_name))});
}

/// The same for a promise.
template <class T, class Work>
caf::result<T> write_for(const store_ptr& store,
                         foreign_promise<T> promise,
                         storage::fences held,
                         Work work,
                         size_t rows = 1) {
  write(
    *store,
    store->bounded(promise.ticket()),
    std::move(held),
    std::move(work),
    [promise](expected<T> x) { promise.answer(std::move(x)); },
    rows);
  return promise;
}

/// Has the writer run `work` on an item together with other items of the same `work` and hands the
/// outcome to `done(expected<void>)`, on the writer's thread.
/// @param may_wait Whether it may share a commit with later ones: nobody waits for it.
template <class Item, class Done>
void write_joint(const store_access& store,
                 base::ticket how,
                 storage::fences held,
                 Item item,
                 storage::joint_work<Item> work,
                 bool may_wait,
                 Done done,
                 size_t rows = 1) {
  auto append =
    [how = std::move(how), held = std::move(held), item = std::move(item), work, done, rows](
      storage::group_writer& to) mutable {
      return to.append_joint(std::move(held), std::move(item), work, done, std::move(how), rows);
    };
  write_order order{std::make_shared<write_order::append_function>(std::move(append)), may_wait};
  if (!tell<store_writer_actor>(*store.names, store_writer_name, std::move(order)))
    done(fail(down_error(store_writer_name)));
}

/// Whose records those of services are: no account has this name.
inline constexpr std::string_view service_user = "service";

/// A record of what somebody did, or was refused; of a service it also says for whom.
storage::audit_entry
entry_of(const caller& who, int64_t now_ms, std::string_view action, int64_t code);

/// Adds to the audit log within a write.
expected<void> audit(storage::database& db,
                     int64_t now_ms,
                     const caller& who,
                     std::string_view action,
                     std::string_view entity,
                     int64_t code = 200);

/// Names as one text for the audit log, shortened.
std::string listed(const std::vector<std::string>& names);

} // namespace aops::actors
