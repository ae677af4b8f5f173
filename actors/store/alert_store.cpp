#include "actors/store/alert_store.hpp"

#include "actors/support/prepare.hpp"
#include "runtime/io/storage/alert_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using storage::alert_repository;
using storage::notice_repository;

expected<slots_status> status_in(storage::database& db, const std::vector<uint16_t>& slots) {
  auto counts = alert_repository{db}.counts_in(slots);
  if (!counts)
    return fail(std::move(counts.error()));
  auto waiting = notice_repository{db}.waiting(slots);
  if (!waiting)
    return fail(std::move(waiting.error()));
  slots_status out{std::move(*counts), {}, {}};
  for (auto& [receiver, rows] : *waiting) {
    out.receivers.push_back(std::move(receiver));
    out.waiting.push_back(rows);
  }
  return out;
}

expected<done> note(storage::database& db, const notice_outcome& x) {
  notice_repository notices{db};
  using kind = notice_outcome::kind;
  auto noted = x.what == kind::told     ? notices.told(x.key, x.next_ms)
               : x.what == kind::failed ? notices.failed(x.key, x.now_ms, x.next_ms)
                                        : notices.forget(x.key);
  return noted.map([] { return done{}; });
}

expected<outbox_tidied>
tidy(storage::database& db, const base::config& config, const outbox_to_tidy& x) {
  notice_repository notices{db};
  std::vector<std::string> names;
  for (const auto& to : config.notify)
    names.push_back(to.name);
  outbox_tidied out;
  auto tidied = storage::in_order(
    [&] { return x.is_new ? notices.forget_others(names, x.slots) : expected<int64_t>{0}; },
    [&] {
      // Not what was dropped a moment ago.
      return x.is_new ? notices.adopt(config.notify, x.slots, x.now_ms) : expected<int64_t>{0};
    },
    [&] {
      return storage::for_each(names, [&](const std::string& name) {
        return notices.trim(name, x.slots, x.most).map([&](int64_t n) { out.dropped += n; });
      });
    });
  if (!tidied)
    return fail(std::move(tidied.error()));
  return out;
}

/// What is told follows live rounds.
foreign_promise<done> promise_of(caf::local_actor* self) {
  return foreign_promise<done>{self, {base::urgency::live, {}, {}}};
}

} // namespace

full_alert_store_actor::behavior_type
alert_store(full_alert_store_actor::stateful_pointer<checked_state<alert_store_state>> self,
            store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const notices_due& x) -> caf::result<notices_found> {
      return read(self->state.store,
                  foreign_promise<notices_found>{self, {base::urgency::live, {}, {}}},
                  [x](storage::database& db) {
                    return notice_repository{db}
                      .due(x.receivers, x.slots, x.now_ms, x.limit)
                      .map([](auto found) { return notices_found{std::move(found)}; });
                  });
    },
    [self](const notice_outcome& x) -> caf::result<done> {
      const auto& store = self->state.store;
      return write_for(store,
                       promise_of(self),
                       storage::fences{store->slots->fence_of(x.host_id)},
                       [x](storage::database& db) { return note(db, x); });
    },
    [self](const outbox_to_tidy& x) -> caf::result<outbox_tidied> {
      // Not fenced: what another node adds or drops meanwhile is the same.
      const auto& store = self->state.store;
      return write_for(
        store,
        foreign_promise<outbox_tidied>{self, {base::urgency::history, {}, {}}},
        {},
        [x, config = store->config](storage::database& db) { return tidy(db, *config, x); });
    },
    [self](const caller& who, const alerts_query& q) -> caf::result<alerts_page> {
      return read(
        self->state.store,
        foreign_promise<alerts_page>{self, of(who)},
        [who, q](storage::database& db) { return alert_repository{db}.page(scope_of(who), q); });
    },
    [self](const caller& who, const status_query& q) -> caf::result<status_counts> {
      return read(
        self->state.store,
        foreign_promise<status_counts>{self, of(who)},
        [who, q](storage::database& db) { return alert_repository{db}.counts(scope_of(who), q); });
    },
    [self](const status_of_slots& x) -> caf::result<slots_status> {
      return read(self->state.store,
                  foreign_promise<slots_status>{self, {base::urgency::live, {}, {}}},
                  [x](storage::database& db) { return status_in(db, x.slots); });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
