#include "actors/store/store_writer.hpp"

#include "actors/support/prepare.hpp"
#include "runtime/base/metrics.hpp"

namespace aops::actors {

store_writer_state::~store_writer_state() {
  if (writer)
    writer->fail_all({ec::store_unreachable, "the store writer ended"});
}

store_writer_actor::behavior_type
store_writer(store_writer_actor::stateful_pointer<checked_state<store_writer_state>> self,
             std::shared_ptr<storage::database_pool> pool,
             storage::group_writer_config config) {
  prepare(self);
  auto& st = self->state;
  st.pool = std::move(pool);
  st.writer = std::make_unique<storage::group_writer>(st.pool->writer(), std::move(config));
  return {
    [self](const write_order& order) {
      if ((*order.append)(*self->state.writer))
        self->send(self, atom::flush_v);
    },
    [self](atom::flush) {
      if (self->state.writer->flush())
        self->send(self, atom::flush_v);
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
