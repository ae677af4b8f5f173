#include "actors/store/store_writer.hpp"

#include "actors/support/prepare.hpp"
#include "runtime/base/metrics.hpp"

namespace aops::actors {

namespace {

/// @returns Whether more is waiting.
bool flush(storage::group_writer& writer) {
  static auto seconds = metrics::histogram_of("aops_store_commit_seconds",
                                              "From the begin of a group commit to its end.",
                                              metrics::second_bounds());
  static auto operations =
    metrics::counter_of("aops_store_operations_total", "Writes in group commits.");
  auto waiting = writer.pending();
  if (waiting == 0)
    return false;
  auto began = std::chrono::steady_clock::now();
  bool is_more = writer.flush();
  seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  operations.add(static_cast<double>(waiting - writer.pending()));
  return is_more;
}

} // namespace

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
  st.figures = std::make_unique<base::queue_figures>(
    "store-write",
    std::vector<base::urgency>{base::all_urgencies.begin(), base::all_urgencies.end()},
    [writer = st.writer.get()](base::urgency what) { return writer->standing(what); });
  return {
    [self, gather](const write_order& order) {
      auto& st = self->state;
      bool is_first = (*order.append)(*st.writer);
      if (is_first && order.may_wait && gather.count() > 0) {
        st.is_gathering = true;
        self->delayed_send(self, gather, flush_due{++st.flush});
      } else if (is_first || (st.is_gathering && !order.may_wait)) {
        st.is_gathering = false;
        self->send(self, flush_due{++st.flush});
      }
    },
    [self](const flush_due& x) {
      auto& st = self->state;
      if (x.number != st.flush)
        return;
      st.is_gathering = false;
      if (flush(*st.writer))
        self->send(self, flush_due{++st.flush});
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
