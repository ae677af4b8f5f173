#include "actors/store/result_store.hpp"

#include "actors/support/prepare.hpp"
#include "runtime/io/storage/result_repository.hpp"

#include <caf/all.hpp>

namespace aops::actors {

result_store_actor::behavior_type
result_store(result_store_actor::stateful_pointer<checked_state<result_store_state>> self,
             store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const results_query& q) -> caf::result<results_page> {
      return read(self->state.store,
                  foreign_promise<results_page>{self, of(who)},
                  [who, q](storage::database& db) {
                    return storage::result_repository{db}.page(scope_of(who), q);
                  });
    },
    [self](const caller& who, const result_count_query& q) -> caf::result<result_counts_page> {
      return read(self->state.store,
                  foreign_promise<result_counts_page>{self, of(who)},
                  [who, q](storage::database& db) {
                    return storage::result_repository{db}.counts_page(scope_of(who), q);
                  });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
