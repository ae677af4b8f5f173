#include "actors/store/account_store.hpp"

#include "actors/store/needs_session.hpp"
#include "actors/store/password_hash.hpp"
#include "actors/support/prepare.hpp"
#include "messages/roles/vault.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/core/vault/password.hpp"
#include "runtime/io/storage/account_repository.hpp"
#include "runtime/io/storage/refusal_repository.hpp"
#include "runtime/io/storage/token_repository.hpp"
#include "runtime/io/storage/user_repository.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using account_self = account_actor::stateful_pointer<checked_state<account_store_state>>;
using storage::account_repository;

constexpr size_t token_bytes = 32;

/// How stale a session's last use may be stored: not every request is worth a write.
constexpr int64_t touch_every_ms = 60'000;

/// Vault keys of sessions that ended are wiped at once here, within a second elsewhere.
void tell_vault(const store_access& store) {
  tell<vault_actor>(*store.names, vault_name, sessions_changed{});
}

void note_refused(const store_ptr& store,
                  const std::string& user,
                  const std::string& address,
                  ec why) {
  caller who{user, {}, rights::ordinary, false, {}, address};
  write(
    *store,
    unawaited(base::urgency::people),
    {},
    [who, why, now = store->now_ms()](storage::database& to) {
      auto code = outcome_of(why).return_code;
      return storage::refusal_repository{to}.note(entry_of(who, now, "account.login", code));
    },
    [](const expected<void>&) {});
}

/// Runs on the crypto pool, where it may block: checks the password and stores a session.
void log_in_on_pool(const store_ptr& store,
                    const std::shared_ptr<login_throttle>& throttle,
                    const log_in& asked,
                    const std::string& address,
                    const foreign_promise<logged_in>& promise) {
  auto how = store->bounded(promise.ticket());
  auto db = store->pool->read();
  if (!db)
    return promise.fail(db.error());
  auto found = account_repository{**db}.find(asked.username);
  if (!found && !(found.error() == ec::not_found))
    return promise.fail(found.error());
  expected<bool> right = false;
  if (found)
    right = vault::verify_password(asked.password.text, found->password_hash);
  else // The same work for unknown names: the time must not tell which exist.
    (void)new_password_hash(asked.password.text, *store->config);
  if (!right)
    return promise.fail(right.error());
  auto now = store->now_ms();
  if (!*right) {
    throttle->failed(asked.username, address, now);
    note_refused(store, asked.username, address, ec::wrong_password);
    return promise.fail(ec::wrong_password);
  }
  throttle->succeeded(asked.username, address);
  auto standing = storage::user_repository{**db}.find(asked.username);
  if (!standing)
    return promise.fail(standing.error());
  if (standing->is_disabled) {
    note_refused(store, asked.username, address, ec::permission_denied);
    return promise.fail(ec::permission_denied, "the account is disabled");
  }
  logged_in reply;
  reply.access_token = base::random_hex(token_bytes);
  reply.code = found->must_change_password ? outcome_of(ec::default_password).return_code : code_ok;
  session made{base::sha256_hex(reply.access_token), asked.username, now, now};
  bool single = store->config->auth.single_session;
  auto idle_since = now - store->config->auth.session_idle.ms;
  auto absolute_since = now - store->config->auth.session_absolute.ms;
  caller who{asked.username, {}, rights::ordinary, false, {}, address};
  write(
    *store,
    how,
    {},
    [=, hash = found->password_hash](storage::database& to) -> expected<void> {
      account_repository accounts{to};
      // Hashing took its time: the password may be another by now, the account closed.
      auto same = accounts.still_has(made.username, hash);
      if (!same || !*same)
        return fail(same ? error{ec::wrong_password, {}} : same.error());
      if (auto gone = accounts.expire_sessions(idle_since, absolute_since); !gone)
        return fail(gone.error());
      if (single) {
        auto has = accounts.has_session(made.username);
        if (!has)
          return fail(has.error());
        if (*has)
          return fail(ec::repeat_login);
      }
      if (auto saved = accounts.save_session(made, address); !saved)
        return saved;
      return audit(to, now, who, "account.login", "", reply.code);
    },
    [promise, reply](expected<void> stored) {
      promise.answer(stored ? expected<logged_in>{reply} : fail(stored.error()));
    });
}

void change_on_pool(const store_ptr& store,
                    const caller& who,
                    const std::string& password,
                    const foreign_promise<done>& promise) {
  auto db = store->pool->read();
  if (!db)
    return promise.fail(db.error());
  account_repository accounts{**db};
  // Whoever got hold of a program's token must not take the account over. A service has neither.
  if (auto session = accounts.find_session(who.session); !session && !who.session.empty())
    return promise.fail(session.error() == ec::session_invalid
                          ? error{ec::permission_denied, "needs a log-in, not a token"}
                          : session.error());
  auto found = accounts.find(who.user);
  if (!found)
    return promise.fail(found.error() == ec::not_found ? error{ec::wrong_password, {}}
                                                       : found.error());
  auto same = vault::verify_password(password, found->password_hash);
  if (!same)
    return promise.fail(same.error());
  if (*same)
    return promise.fail(ec::same_password);
  auto hash = judged_hash(password, who.user, *store->config);
  if (!hash)
    return promise.fail(hash.error());
  write(
    *store,
    store->bounded(promise.ticket()),
    {},
    [who, before = found->password_hash, hash = *hash, now = store->now_ms()](
      storage::database& to) -> expected<done> {
      account_repository accounts{to};
      // Somebody may have reset it, and ended this session, while the new one was hashed.
      auto same = accounts.still_has(who.user, before);
      if (!same || !*same)
        return fail(same ? error{ec::change_password, "it was changed meanwhile"} : same.error());
      if (auto has = needs_session(to, who); !has)
        return fail(std::move(has.error()));
      if (auto set = accounts.set_password(who.user, hash, false); !set)
        return fail(ec::change_password, set.error().detail);
      if (auto ended = accounts.end_sessions_of(who.user, who.session); !ended)
        return fail(ended.error());
      if (auto noted = audit(to, now, who, "account.change", who.user); !noted)
        return fail(noted.error());
      return done{};
    },
    [store, promise](expected<done> x) {
      tell_vault(*store);
      promise.answer(std::move(x));
    });
}

/// What a request came with.
struct credential {
  std::string user;
  bool may_act = true;
  int64_t last_used_ms = 0;
  int64_t touch_every_ms = aops::actors::touch_every_ms;
  bool is_token = false;
};

expected<credential>
session_credential(const store_access& store, storage::database& db, const std::string& hash) {
  auto found = account_repository{db}.find_session(hash);
  if (!found)
    return fail(std::move(found.error()));
  auto now = store.now_ms();
  const auto& auth = store.config->auth;
  if (now - found->last_used_ms > auth.session_idle.ms ||
      now - found->created_ms > auth.session_absolute.ms)
    return fail(ec::session_invalid, "expired");
  // Touch early enough for short idle times, too.
  return credential{
    found->username, true, found->last_used_ms, std::min(touch_every_ms, auth.session_idle.ms / 4)};
}

expected<credential>
token_credential(const store_access& store, storage::database& db, const std::string& hash) {
  auto found = storage::token_repository{db}.find(hash);
  if (!found)
    return fail(std::move(found.error()));
  if (store.now_ms() > found->expires_ms)
    return fail(ec::session_invalid, "expired");
  return credential{found->username, found->may_act, found->last_used_ms, touch_every_ms, true};
}

void touch(const store_access& store, const credential& x, const std::string& hash) {
  auto now = store.now_ms();
  if (now - x.last_used_ms < x.touch_every_ms)
    return;
  write(
    store,
    unawaited(base::urgency::people),
    {},
    [hash, now, is_token = x.is_token](storage::database& db) {
      return is_token ? storage::token_repository{db}.touch(hash, now)
                      : account_repository{db}.touch_session(hash, now);
    },
    [](const expected<void>&) {});
}

expected<caller>
identify(const store_ptr& store, storage::database& db, const std::string& token_hash) {
  auto given = session_credential(*store, db, token_hash);
  if (!given && given.error() == ec::session_invalid && given.error().detail.empty())
    given = token_credential(*store, db, token_hash);
  if (!given)
    return fail(std::move(given.error()));
  auto who = caller_of(db, given->user);
  if (!who)
    return fail(who.error() == ec::not_found ? error{ec::session_invalid, {}} : who.error());
  touch(*store, *given, token_hash);
  who->session = token_hash;
  who->may_act = given->may_act;
  return who;
}

} // namespace

expected<caller> caller_of(storage::database& db, const std::string& username) {
  storage::user_repository users{db};
  auto found = users.find(username);
  if (!found)
    return fail(std::move(found.error()));
  if (found->is_disabled)
    return fail(ec::not_found, "the account is disabled");
  caller who{found->username, found->owner, found->role, found->must_change_password, {}, {}};
  if (who.role == rights::administrator) {
    who.owner = who.user;
    return who;
  }
  auto groups = users.groups_of(username);
  if (!groups)
    return fail(std::move(groups.error()));
  who.groups.emplace(std::move(*groups));
  return who;
}

account_actor::behavior_type account_store(account_self self, store_ptr store) {
  prepare(self);
  auto& st = self->state;
  st.throttle = std::make_shared<login_throttle>(store->config->auth.throttle_failures,
                                                 store->config->auth.throttle_window.ms);
  st.store = std::move(store);
  return {
    [self](const log_in& asked, const std::string& address) -> caf::result<logged_in> {
      auto& st = self->state;
      if (!st.throttle->allows(asked.username, address, st.store->now_ms()))
        return refuse(ec::overloaded, "too many failed log-ins; wait a minute");
      foreign_promise<logged_in> promise{self};
      return on_pool(st.store,
                     *st.store->crypto,
                     promise,
                     [store = st.store, throttle = st.throttle, asked, address, promise] {
                       log_in_on_pool(store, throttle, asked, address, promise);
                     });
    },
    [self](const authenticate& x) -> caf::result<caller> {
      auto store = self->state.store;
      return read(
        store, foreign_promise<caller>{self}, [store, hash = x.token_hash](storage::database& db) {
          return identify(store, db, hash);
        });
    },
    [self](const caller& who, const change_password& x) -> caf::result<done> {
      foreign_promise<done> promise{self, of(who)};
      const auto& store = self->state.store;
      return on_pool(
        store, *store->crypto, promise, [store, who, password = x.password.text, promise] {
          change_on_pool(store, who, password, promise);
        });
    },
    [self](const caller& who, const log_out&) -> caf::result<done> {
      auto store = self->state.store;
      foreign_promise<done> promise{self, of(who)};
      write(
        *store,
        store->bounded(promise.ticket()),
        {},
        [who, now = store->now_ms()](storage::database& db) -> expected<done> {
          if (auto ended = account_repository{db}.end_session(who.session); !ended)
            return fail(ended.error());
          return audit(db, now, who, "account.logout", "").map([] { return done{}; });
        },
        [store, promise](expected<done> x) {
          tell_vault(*store);
          promise.answer(std::move(x));
        });
      return promise;
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
