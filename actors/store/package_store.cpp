#include "actors/store/package_store.hpp"

#include "actors/store/package_checking.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

using package_store_self =
  package_store_actor::stateful_pointer<checked_state<package_store_state>>;
using storage::archive_facts;
using storage::package_repository;
using storage::upload_state;
using upload_promise = foreign_promise<package_uploaded>;

/// What a piece says of itself, before it is stored. @returns Its bytes.
expected<std::string> bytes_of(const package_piece& x, int64_t most_bytes) {
  bool is_hex = std::all_of(x.sha256.begin(), x.sha256.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (!is_hex)
    return fail(ec::bad_request, "sha256: must be 64 lower-case hex digits");
  if (x.total_bytes > most_bytes)
    return fail(ec::bad_request,
                fmt::format("total_bytes: must not be more than {}, which is tasks.package_bytes",
                            most_bytes));
  auto bytes = base::from_base64(x.content);
  if (!bytes || bytes->empty())
    return fail(ec::bad_request, "content: must be base64");
  return bytes;
}

/// Deletes what nobody needs, a portion after the other.
void sweep(const store_ptr& store) {
  write(
    *store,
    unawaited(base::urgency::history),
    {},
    [now = store->now_ms()](storage::database& db) { return package_repository{db}.sweep(now); },
    [store](const expected<int64_t>& how) {
      if (!how)
        log::warn("packages-not-swept", "{}", to_string(how.error()));
      else if (*how > 0)
        sweep(store);
    });
}

/// An upload on its way from its last piece to a package.
struct whole_upload {
  store_ptr store;
  caller who;
  package_piece piece;
  upload_state state;
  upload_promise promise;
};

void refuse(const whole_upload& x, error why) {
  write(
    *x.store,
    unawaited(base::urgency::people, x.who.owner),
    {},
    [state = x.state](storage::database& db) { return package_repository{db}.refuse(state); },
    [store = x.store, promise = x.promise, why = std::move(why)](const expected<void>&) {
      promise.fail(why);
      sweep(store);
    });
}

/// Perhaps the last piece came twice, and the other one was faster.
bool is_there(storage::database& db, const whole_upload& x) {
  auto found =
    package_repository{db}.find(x.who.owner, x.piece.package_name, x.piece.version.value_or(""));
  return found && found->digest == x.piece.sha256;
}

void publish(const whole_upload& x, archive_facts facts) {
  auto now = x.store->now_ms();
  write(
    *x.store,
    unawaited(base::urgency::people, x.who.owner),
    {},
    [x, facts = std::move(facts), now](storage::database& db) -> expected<package_uploaded> {
      auto published = package_repository{db}.publish(x.state, facts, now);
      if (!published && !(published.error() == ec::not_found && is_there(db, x)))
        return fail(std::move(published.error()));
      return audit(db, now, x.who, "package.upload", x.piece.package_name).map([&] {
        return package_uploaded{x.state.total, true};
      });
    },
    [store = x.store, promise = x.promise](expected<package_uploaded> how) {
      promise.answer(std::move(how));
      sweep(store); // The same archive may have been there already.
    });
}

/// On the worker.
void check(const whole_upload& x) {
  auto db = x.store->pool->connect_to_read(); // Its own: this takes long, and few are lent.
  if (!db) {
    x.promise.fail(std::move(db.error()));
    return;
  }
  auto facts = examine(source_of(**db, x.state.archive),
                       limits_for(x.store->config->tasks.package_bytes.bytes));
  if (facts && facts->digest != x.piece.sha256)
    facts = fail(ec::bad_request, "sha256: the archive has another one, " + facts->digest);
  if (facts)
    publish(x, std::move(*facts));
  else if (facts.error() == ec::bad_request)
    refuse(x, std::move(facts.error()));
  else // The store's trouble: the last piece may come again.
    x.promise.fail(std::move(facts.error()));
}

caf::result<package_uploaded>
take(package_store_self self, const caller& who, const package_piece& x) {
  const auto& parts = self->state.parts;
  auto bytes = bytes_of(x, parts.store->config->tasks.package_bytes.bytes);
  if (!bytes)
    return to_caf(bytes.error());
  upload_promise promise{self, of(who)};
  auto store = parts.store;
  auto about = x;
  about.content.clear();
  write(
    *store,
    store->bounded(promise.ticket()),
    {},
    [who, about, bytes = std::move(*bytes), now = store->now_ms()](storage::database& db) {
      return package_repository{db}.append(who.owner, who.user, about, bytes, now);
    },
    [store, worker = parts.worker, who, about, promise](expected<upload_state> state) {
      if (!state) {
        promise.fail(std::move(state.error()));
        return;
      }
      if (!state->is_whole() || state->key == 0) {
        promise.answer(package_uploaded{state->received, state->key == 0});
        return;
      }
      if (!worker->post([x = whole_upload{store, who, about, *state, promise}] { check(x); }))
        promise.fail(ec::overloaded, "archives wait to be checked; send the last piece again");
    },
    2);
  return promise;
}

} // namespace

package_store_actor::behavior_type package_store(package_store_self self, package_parts parts) {
  prepare(self);
  self->state.parts = std::move(parts);
  return {
    [self](const caller& who, const package_piece& x) { return take(self, who, x); },
    [self](const caller& who, const packages_query& q) -> caf::result<packages_page> {
      return read(
        self->state.parts.store,
        foreign_promise<packages_page>{self, of(who)},
        [who, q](storage::database& db) { return package_repository{db}.page(who.owner, q); });
    },
    [self](const caller& who, const packages_to_delete& x) -> caf::result<done> {
      auto store = self->state.parts.store;
      foreign_promise<done> promise{self, of(who)};
      write(
        *store,
        store->bounded(promise.ticket()),
        {},
        [who, x, now = store->now_ms()](storage::database& db) -> expected<done> {
          auto gone = package_repository{db}.remove(who.owner, x.package_list);
          if (!gone)
            return fail(std::move(gone.error()));
          std::vector<std::string> names;
          for (const auto& p : x.package_list)
            names.push_back(p.package_name);
          return audit(db, now, who, "package.delete", listed(names)).map([] { return done{}; });
        },
        [promise, store](expected<done> how) {
          promise.answer(std::move(how));
          sweep(store);
        },
        x.package_list.size());
      return promise;
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
