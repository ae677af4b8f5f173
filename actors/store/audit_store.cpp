#include "actors/store/audit_store.hpp"

#include "actors/support/prepare.hpp"
#include "messages/return_code.hpp"
#include "runtime/base/log.hpp"
#include "runtime/io/storage/refusal_repository.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using storage::audit_repository;

expected<void>
note(storage::database& db, const caller& who, const noted_request& x, int64_t now_ms) {
  auto entry = entry_of(who, now_ms, x.action, x.code);
  entry.detail = entry.detail.empty() ? x.detail : entry.detail + ": " + x.detail;
  bool is_done = x.code == code_ok || x.code == code_partial;
  return is_done ? audit_repository{db}.append(entry) : storage::refusal_repository{db}.note(entry);
}

} // namespace

audit_store_actor::behavior_type
audit_store(audit_store_actor::stateful_pointer<checked_state<audit_store_state>> self,
            store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const log_query& q) -> caf::result<log_page> {
      if (who.role != rights::administrator && q.kind && *q.kind == "audit")
        return refuse(ec::permission_denied, "kind: security events are for administrators");
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
