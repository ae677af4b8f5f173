#include "actors/task/run_store.hpp"

#include "actors/support/prepare.hpp"
#include "runtime/io/storage/run_repository.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using storage::run_repository;

} // namespace

run_store_actor::behavior_type
run_store(run_store_actor::stateful_pointer<checked_state<run_store_state>> self, store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const runs_query& q) -> caf::result<runs_page> {
      return read(
        self->state.store,
        foreign_promise<runs_page>{self, of(who)},
        [who, q](storage::database& db) { return run_repository{db}.page(who.owner, q); });
    },
    [self](const caller& who, const run_hosts_query& q) -> caf::result<run_hosts_page> {
      return read(
        self->state.store,
        foreign_promise<run_hosts_page>{self, of(who)},
        [who, q](storage::database& db) { return run_repository{db}.hosts(who.owner, q); });
    },
    [self](const caller& who, const run_log_query& q) -> caf::result<run_log_page> {
      return read(self->state.store,
                  foreign_promise<run_log_page>{self, of(who)},
                  [who, q](storage::database& db) { return run_repository{db}.log(who.owner, q); });
    },
    [self](const caller& who, const run_stat_query& q) -> caf::result<run_stats> {
      return read(
        self->state.store,
        foreign_promise<run_stats>{self, of(who)},
        [who, q](storage::database& db) { return run_repository{db}.stats(who.owner, q); });
    },
    [self](const caller& who, const run_to_watch& x) -> caf::result<run_standing> {
      return read(self->state.store,
                  foreign_promise<run_standing>{self, of(who)},
                  [who, x](storage::database& db) {
                    return run_repository{db}.standing(who.owner, x.execution_id);
                  });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
