#include "actors/store/session_store.hpp"

#include "actors/store/needs_session.hpp"
#include "actors/store/user_store.hpp"
#include "actors/support/prepare.hpp"
#include "messages/roles/vault.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/kept_json.hpp"
#include "runtime/io/storage/account_repository.hpp"
#include "runtime/io/storage/repeat_repository.hpp"
#include "runtime/io/storage/token_repository.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <utility>

namespace aops::actors {

namespace {

using session_store_self =
  session_store_actor::stateful_pointer<checked_state<session_store_state>>;
using storage::account_repository;
using storage::token_repository;

constexpr size_t token_bytes = 32;
constexpr int64_t day_ms = 86'400'000;
constexpr int64_t default_days = 90;

/// Enough of the hash to tell sessions apart; nobody gets from it to the token.
constexpr size_t id_digits = 16;
std::string id_of(const std::string& token_hash) { return token_hash.substr(0, id_digits); }

/// The caller, or somebody he administers.
expected<std::string> meant(storage::database& db,
                            const caller& who,
                            const maybe<std::string>& username,
                            bool is_to_change) {
  if (!username || *username == who.user)
    return who.user;
  auto user = administered(db, who, *username, is_to_change);
  if (!user)
    return fail(user.error() == ec::not_found ? error{ec::bad_request, user.error().detail}
                                              : user.error());
  return *username;
}

auto living(const store_access& store, storage::database& db, const std::string& username) {
  auto now = store.now_ms();
  const auto& auth = store.config->auth;
  return account_repository{db}.sessions_of(
    username, now - auth.session_idle.ms, now - auth.session_absolute.ms);
}

expected<sessions_found>
list(const store_access& store, storage::database& db, const caller& who, const sessions_query& q) {
  storage::snapshot view{db};
  if (!view)
    return fail(view.error());
  auto user = meant(db, who, q.username, false);
  if (!user)
    return fail(std::move(user.error()));
  auto sessions = living(store, db, *user);
  if (!sessions)
    return fail(std::move(sessions.error()));
  sessions_found out;
  for (const auto& x : *sessions)
    out.session_infos.push_back({id_of(x.what.token_hash),
                                 x.address,
                                 {x.what.created_ms},
                                 {x.what.last_used_ms},
                                 x.what.token_hash == who.session,
                                 !x.vault_node.empty()});
  return out;
}

expected<sessions_ended>
end(const store_access& store, storage::database& db, const caller& who, const sessions_to_end& x) {
  auto user = meant(db, who, x.username, true);
  if (!user)
    return fail(std::move(user.error()));
  auto sessions = living(store, db, *user);
  if (!sessions)
    return fail(std::move(sessions.error()));
  const auto& ids = x.session_list;
  sessions_ended out;
  for (const auto& s : *sessions) {
    auto id = id_of(s.what.token_hash);
    bool is_meant = ids.empty() ? s.what.token_hash != who.session
                                : std::find(ids.begin(), ids.end(), id) != ids.end();
    if (!is_meant)
      continue;
    if (auto ended = account_repository{db}.end_session(s.what.token_hash); !ended)
      return fail(std::move(ended.error()));
    out.deleted.push_back(std::move(id));
  }
  auto noted = audit(db, store.now_ms(), who, "session.delete", *user + ": " + listed(out.deleted));
  if (!noted)
    return fail(std::move(noted.error()));
  return out;
}

expected<token_created> make_token(storage::database& db,
                                   const caller& who,
                                   const storage::api_token& x,
                                   const std::string& token) {
  if (auto added = token_repository{db}.add(x); !added)
    return fail(std::move(added.error()));
  // A token must not make others that live longer. Asked after the account was locked: whoever
  // ended the session on another node has committed by now.
  if (auto has = needs_session(db, who); !has)
    return fail(std::move(has.error()));
  if (auto noted = audit(db, x.created_ms, who, "token.create", x.name); !noted)
    return fail(std::move(noted.error()));
  return token_created{x.id, token, {x.expires_ms}};
}

/// The same token for one whose answer was lost. Its secret is nowhere stored: it gets another one,
/// and the first is void. ec::bad_request when it was deleted meanwhile.
expected<token_created> make_again(storage::database& db,
                                   const caller& who,
                                   const std::string& kept,
                                   const std::string& token,
                                   int64_t now_ms) {
  auto reply = base::restored<token_created>(kept);
  if (!reply)
    return reply;
  if (auto has = needs_session(db, who); !has)
    return fail(std::move(has.error()));
  auto renewed = token_repository{db}.renew(who.user, reply->token_id, base::sha256_hex(token));
  if (!renewed)
    return fail(std::move(renewed.error()));
  reply->access_token = token;
  return audit(db, now_ms, who, "token.renew", reply->token_id).map([&] {
    return std::move(*reply);
  });
}

/// Once for each `Idempotency-Key`; what is kept of the answer has no secret.
expected<token_created> make_token_once(storage::database& db,
                                        const caller& who,
                                        const storage::api_token& x,
                                        const std::string& token) {
  if (who.repeatable.key.empty())
    return make_token(db, who, x, token);
  storage::repeat_repository repeats{db};
  auto known = repeats.begin(who.user, who.repeatable, x.created_ms);
  if (!known)
    return fail(std::move(known.error()));
  if (*known)
    return make_again(db, who, **known, token, x.created_ms);
  auto made = make_token(db, who, x, token);
  if (!made)
    return made;
  auto shown = std::exchange(made->access_token, {});
  auto kept = repeats.keep(who.user, who.repeatable, base::kept_text(*made));
  if (!kept)
    return fail(std::move(kept.error()));
  made->access_token = std::move(shown);
  return made;
}

expected<tokens_deleted>
delete_tokens(storage::database& db, const caller& who, const tokens_to_delete& x, int64_t now_ms) {
  auto gone = token_repository{db}.remove(who.user, x.token_list);
  if (!gone)
    return fail(std::move(gone.error()));
  if (auto noted = audit(db, now_ms, who, "token.delete", listed(*gone)); !noted)
    return fail(std::move(noted.error()));
  return tokens_deleted{std::move(*gone)};
}

} // namespace

session_store_actor::behavior_type session_store(session_store_self self, store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const sessions_query& q) -> caf::result<sessions_found> {
      auto store = self->state.store;
      return read(store,
                  foreign_promise<sessions_found>{self, of(who)},
                  [store, who, q](storage::database& db) { return list(*store, db, who, q); });
    },
    [self](const caller& who, const sessions_to_end& x) -> caf::result<sessions_ended> {
      auto store = self->state.store;
      foreign_promise<sessions_ended> promise{self, of(who)};
      write(
        *store,
        store->bounded(promise.ticket()),
        {},
        [store, who, x](storage::database& db) { return end(*store, db, who, x); },
        [store, promise](expected<sessions_ended> x) {
          tell<vault_actor>(*store->names, vault_name, sessions_changed{});
          promise.answer(std::move(x));
        });
      return promise;
    },
    [self](const caller& who, const token_to_create& x) -> caf::result<token_created> {
      auto store = self->state.store;
      auto now = store->now_ms();
      auto token = base::random_hex(token_bytes);
      storage::api_token made{who.user,
                              base::new_id(now),
                              x.name,
                              base::sha256_hex(token),
                              x.scope == "act",
                              now,
                              now + x.days.value_or(default_days) * day_ms};
      return write_for(store,
                       foreign_promise<token_created>{self, of(who)},
                       {},
                       [who, made, token](storage::database& db) {
                         return make_token_once(db, who, made, token);
                       });
    },
    [self](const caller& who, const tokens_query&) -> caf::result<tokens_found> {
      return read(self->state.store,
                  foreign_promise<tokens_found>{self, of(who)},
                  [who](storage::database& db) {
                    return token_repository{db}.of_user(who.user).map(
                      [](auto list) { return tokens_found{std::move(list)}; });
                  });
    },
    [self](const caller& who, const tokens_to_delete& x) -> caf::result<tokens_deleted> {
      auto store = self->state.store;
      return write_for(store,
                       foreign_promise<tokens_deleted>{self, of(who)},
                       {},
                       [who, x, now = store->now_ms()](storage::database& db) {
                         return delete_tokens(db, who, x, now);
                       });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
