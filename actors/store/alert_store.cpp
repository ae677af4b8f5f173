#include "actors/store/alert_store.hpp"

#include "actors/support/prepare.hpp"
#include "runtime/io/storage/alert_history.hpp"
#include "runtime/io/storage/alert_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <set>

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
               : x.what == kind::held
                 ? notices.hold(x.key, x.silence, x.is_untold, x.now_ms, x.next_ms)
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

/// Alertmanager takes an alert it hears no more of for one that has ended.
bool must_refresh(const base::config& config, std::string_view receiver) {
  return std::any_of(config.notify.begin(), config.notify.end(), [&](const auto& to) {
    return to.name == receiver && to.format == "alertmanager";
  });
}

/// What silences say of what is due. Of what a diagnosis found they say nothing: somebody asked.
expected<notices_found> hushed(storage::database& db,
                               const base::config& config,
                               silence_cache& cache,
                               std::vector<storage::notice> found,
                               int64_t now_ms) {
  notices_found out{std::move(found), {}};
  out.hushed.resize(out.all.size());
  std::set<std::string> owners, hosts;
  auto from = now_ms;
  for (const auto& x : out.all) {
    owners.insert(x.body.owner);
    hosts.insert(x.body.host_id);
    if (x.body.ended.ms > 0)
      from = std::min(from, x.body.ended.ms);
  }
  if (owners.empty())
    return out;
  auto book = silence_book::read(db, cache, {owners.begin(), owners.end()}, from);
  if (!book)
    return fail(std::move(book.error()));
  if (book->is_empty())
    return out;
  auto groups = storage::silence_repository{db}.groups_of_hosts({hosts.begin(), hosts.end()});
  if (!groups)
    return fail(std::move(groups.error()));
  for (size_t i = 0; i < out.all.size(); ++i) {
    const auto& x = out.all[i];
    if (x.body.status == "diagnosed" || x.body.alert_id.empty())
      continue;
    bool is_over = x.body.ended.ms > 0;
    auto group = groups->find(x.body.host_id);
    auto subject = subject_of(x.body, group == groups->end() ? 0 : group->second);
    auto hit = book->find(x.body.owner, subject, is_over ? x.body.ended.ms : now_ms);
    if (!hit)
      continue;
    notify::hushed_notice how{x.times,
                              x.attempts,
                              is_over,
                              x.was_held,
                              is_over ? x.body.since.ms : x.due_ms,
                              must_refresh(config, x.receiver)};
    out.hushed[i] = {notify::hush_of(how, hit->when),
                     std::move(hit->id),
                     hit->when.until_ms,
                     notify::is_surely_untold(how, hit->when)};
  }
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
      const auto& st = self->state;
      return read(st.store,
                  foreign_promise<notices_found>{self, {base::urgency::live, {}, {}}},
                  [x, config = st.store->config, cache = st.silences](
                    storage::database& db) -> expected<notices_found> {
                    auto found = notice_repository{db}.due(x.receivers, x.slots, x.now_ms, x.limit);
                    if (!found)
                      return fail(std::move(found.error()));
                    return hushed(db, *config, *cache, std::move(*found), x.now_ms);
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
      return read(self->state.store,
                  foreign_promise<alerts_page>{self, of(who)},
                  [who, q, now = self->state.store->now_ms(), cache = self->state.silences](
                    storage::database& db) -> expected<alerts_page> {
                    auto page = alert_repository{db}.page(scope_of(who), q);
                    if (!page)
                      return page;
                    if (auto marked = mark_silenced(db, *cache, who.owner, now, page->alerts);
                        !marked)
                      return fail(std::move(marked.error()));
                    return page;
                  });
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
    [self](const alert_history_query& x) -> caf::result<alert_history> {
      return read(self->state.store,
                  foreign_promise<alert_history>{self, {base::urgency::people, x.owner, {}}},
                  [x](storage::database& db) { return storage::read_alert_history(db, x); });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
