#include "actors/store/view_store.hpp"

#include "actors/support/prepare.hpp"
#include "runtime/io/storage/view_repository.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using storage::view_repository;

expected<done>
save_view(storage::database& db, const caller& who, const view_to_save& x, int64_t now_ms) {
  if (auto saved = view_repository{db}.save(who.user, x, now_ms); !saved)
    return fail(std::move(saved.error()));
  return audit(db, now_ms, who, "view.save", x.kind + " " + x.view_name).map([] { return done{}; });
}

expected<done>
delete_views(storage::database& db, const caller& who, const views_to_delete& x, int64_t now_ms) {
  if (auto gone = view_repository{db}.remove(who.user, x.kind, x.view_list); !gone)
    return fail(std::move(gone.error()));
  return audit(db, now_ms, who, "view.delete", x.kind + " " + listed(x.view_list)).map([] {
    return done{};
  });
}

} // namespace

view_store_actor::behavior_type
view_store(view_store_actor::stateful_pointer<checked_state<view_store_state>> self,
           store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const views_query& q) -> caf::result<views_found> {
      return read(
        self->state.store,
        foreign_promise<views_found>{self, of(who)},
        [who, q](storage::database& db) { return view_repository{db}.of(who.user, q.kind); });
    },
    [self](const caller& who, const view_to_save& x) -> caf::result<done> {
      return write_for(self->state.store,
                       foreign_promise<done>{self, of(who)},
                       {},
                       [who, x, now = self->state.store->now_ms()](storage::database& db) {
                         return save_view(db, who, x, now);
                       });
    },
    [self](const caller& who, const views_to_delete& x) -> caf::result<done> {
      return write_for(
        self->state.store,
        foreign_promise<done>{self, of(who)},
        {},
        [who, x, now = self->state.store->now_ms()](storage::database& db) {
          return delete_views(db, who, x, now);
        },
        x.view_list.size());
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
