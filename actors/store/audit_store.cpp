#include "actors/store/audit_store.hpp"

#include "actors/support/prepare.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using storage::audit_repository;

expected<void>
note(storage::database& db, const caller& who, const noted_request& x, int64_t now_ms) {
  storage::audit_entry entry;
  entry.time_ms = now_ms;
  entry.user = who.user;
  entry.address = who.address;
  entry.owner = who.owner;
  entry.action = x.action;
  entry.code = x.code;
  entry.detail = x.detail;
  return audit_repository{db}.append(entry);
}

} // namespace

audit_store_actor::behavior_type
audit_store(audit_store_actor::stateful_pointer<checked_state<audit_store_state>> self,
            store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const log_query& q) -> caf::result<log_page> {
      return read(self->state.store,
                  foreign_promise<log_page>{self, of(who)},
                  [who, q](storage::database& db) {
                    bool is_administrator = who.role == rights::administrator;
                    return audit_repository{db}.page({who.user, is_administrator}, q);
                  });
    },
    [self](const caller& who, const log_to_verify& x) -> caf::result<log_verified> {
      return read(
        self->state.store,
        foreign_promise<log_verified>{self, of(who)},
        [x](storage::database& db) { return audit_repository{db}.verify(x.after.value_or(0)); });
    },
    [self](const caller& who, const noted_request& x) {
      const auto& store = *self->state.store;
      write(
        store,
        unawaited(base::urgency::people, who.owner),
        {},
        [who, x, now = store.now_ms()](storage::database& db) { return note(db, who, x, now); },
        [action = x.action](const expected<void>& noted) {
          if (!noted)
            log::warn(
              "audit-lost", "a record of {} is not stored: {}", action, to_string(noted.error()));
        });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
