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
             storage::group_writer_config config,
             std::chrono::milliseconds gather) {
  prepare(self);
  auto& st = self->state;
  st.pool = std::move(pool);
  st.writer = std::make_unique<storage::group_writer>(st.pool->writer(), std::move(config));
  return {
    [self, gather](const write_order& order) {
      auto& st = self->state;
      bool is_first = (*order.append)(*st.writer);
      if (is_first && order.may_wait && gather.count() > 0) {
        st.is_gathering = true;
        self->delayed_send(self, gather, atom::flush_v);
      } else if (is_first || (st.is_gathering && !order.may_wait)) {
        st.is_gathering = false;
        self->send(self, atom::flush_v);
      }
    },
    [self](atom::flush) {
      self->state.is_gathering = false;
      if (self->state.writer->flush())
        self->send(self, atom::flush_v);
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
