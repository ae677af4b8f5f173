#include "actors/store/round_store.hpp"

#include "actors/support/prepare.hpp"
#include "actors/support/tell_changed.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/sample_pieces.hpp"
#include "runtime/io/storage/sample_repository.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using base::urgency;

/// While a host replaces results its rounds wait: that goes before tasks. Not as live as they are,
/// for it may be large.
purpose awaited_by_rounds(const std::string& owner, const std::string& host) {
  return {urgency::people, owner, host};
}

size_t rows_of(const results_to_replace& x) {
  size_t n = 1;
  for (const auto& change : x.changes)
    n += change.rows.size();
  return n;
}

expected<done>
replace(storage::database& db, const results_to_replace& x, const base::config& config) {
  return storage::result_repository{db, storage::event_topics_of(config)}
    .replace_ranges(x.owner, x.host_id, x.changes)
    .map([] { return done{}; });
}

/// Rounds of a host, whom their alerts are told to, and from when on.
struct told_rounds {
  rounds_to_commit what;
  std::shared_ptr<const base::config> config;
  std::shared_ptr<const base::clock> clock;
};

expected<void> commit(storage::database& db, std::span<const told_rounds* const> hosts) {
  std::vector<const round_to_commit*> rounds;
  for (const auto* host : hosts)
    for (const auto& x : host->what.rounds)
      rounds.push_back(&x);
  // All of one store have one configuration.
  const auto& config = *hosts.front()->config;
  // Not when the round was due: of what is stored after a silence began nobody can have heard
  // before it, though the round may have been due before.
  auto now_ms = hosts.front()->clock->now_ms();
  return storage::sample_repository{db, config.notify, storage::event_topics_of(config), now_ms}
    .commit_rounds(rounds);
}

/// Lists that are others once these are stored.
uint64_t lists_of(const rounds_to_commit& x) {
  // A round without an answer, too: charts show the gap.
  uint64_t lists = bit_of(followed_list::samples);
  for (const auto& round : x.rounds) {
    if (!round.status.empty() || round.scrape_error)
      lists |= bit_of(followed_list::hosts);
    if (!round.alerts.empty())
      lists |= bit_of(followed_list::alerts);
    if (!round.changes.empty())
      lists |= bit_of(followed_list::results);
  }
  return lists;
}

expected<host_results> overlapping(storage::database& db, const host_results_query& q) {
  return storage::result_repository{db}
    .overlapping({q.owner, q.host_id, q.check_items, q.from_ms, q.until_ms})
    .map([](auto rows) { return host_results{std::move(rows)}; });
}

} // namespace

full_round_store_actor::behavior_type
round_store(full_round_store_actor::stateful_pointer<checked_state<round_store_state>> self,
            store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const rounds_to_commit& x) -> caf::result<done> {
      const auto& store = self->state.store;
      if (x.rounds.empty())
        return done{};
      const auto& first = x.rounds.front();
      foreign_promise<done> promise{self, {urgency::live, first.owner, first.host_id}};
      write_joint(
        *store,
        store->bounded(promise.ticket()),
        first.held,
        told_rounds{x, store->config, store->clock},
        &commit,
        true,
        [promise, store, lists = lists_of(x)](expected<void> how) {
          if (how)
            tell_changed(*store->names, lists);
          promise.answer(how.map([] { return done{}; }));
        },
        x.rounds.size());
      return promise;
    },
    [self](const results_to_replace& x) -> caf::result<done> {
      return write_for(
        self->state.store,
        foreign_promise<done>{self, awaited_by_rounds(x.owner, x.host_id)},
        x.held,
        [x, config = self->state.store->config](storage::database& db) {
          return replace(db, x, *config);
        },
        rows_of(x));
    },
    [self](const host_state_query& q) -> caf::result<host_state> {
      return read(self->state.store,
                  foreign_promise<host_state>{self, {urgency::live, q.owner, q.host_id}},
                  [q](storage::database& db) { return storage::sample_repository{db}.state(q); });
    },
    [self](const samples_query& q) -> caf::result<sample_rows> {
      return read(self->state.store,
                  foreign_promise<sample_rows>{self, {urgency::history, {}, q.host_id}},
                  [q](storage::database& db) { return storage::sample_repository{db}.range(q); });
    },
    [self](const pieces_query& q) -> caf::result<pieces_found> {
      return read(self->state.store,
                  foreign_promise<pieces_found>{self, {urgency::history, {}, {}}},
                  [q](storage::database& db) { return storage::sample_pieces{db}.find(q); });
    },
    [self](const host_results_query& q) -> caf::result<host_results> {
      return read(self->state.store,
                  foreign_promise<host_results>{self, awaited_by_rounds(q.owner, q.host_id)},
                  [q](storage::database& db) { return overlapping(db, q); });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
