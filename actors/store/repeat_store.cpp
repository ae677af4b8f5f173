#include "actors/store/repeat_store.hpp"

#include "actors/support/prepare.hpp"
#include "runtime/io/storage/repeat_repository.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using repeat_store_self = repeat_store_actor::stateful_pointer<checked_state<repeat_store_state>>;

expected<answer_kept> keep(storage::database& db, const answer_to_keep& x, int64_t now_ms) {
  storage::repeat_repository repeats{db};
  auto known = repeats.begin(x.user, x.request, now_ms);
  if (!known)
    return fail(std::move(known.error()));
  if (*known)
    return answer_kept{std::move(**known)};
  return repeats.keep(x.user, x.request, x.answer).map([&] { return answer_kept{x.answer}; });
}

} // namespace

repeat_store_actor::behavior_type repeat_store(repeat_store_self self, store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const answer_to_keep& x) -> caf::result<answer_kept> {
      auto store = self->state.store;
      return write_for(
        store,
        foreign_promise<answer_kept>{self, {base::urgency::people, x.user, {}}},
        {},
        [x, now = store->now_ms()](storage::database& db) { return keep(db, x, now); });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
