#include "actors/store/account_store.hpp"

#include "actors/support/prepare.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/core/vault/password.hpp"
#include "runtime/io/storage/account_repository.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using self_pointer = account_actor::stateful_pointer<checked_state<account_store_state>>;
using storage::account_repository;

constexpr size_t salt_bytes = 16;
constexpr size_t token_bytes = 32;

/// How stale a session's last use may be stored: not every request is worth a write.
constexpr int64_t touch_every_ms = 60'000;

std::string random_salt() {
  std::string salt(salt_bytes, '\0');
  base::fill_random({reinterpret_cast<uint8_t*>(salt.data()), salt.size()});
  return salt;
}

vault::scrypt_cost cost_of(const base::config& c) {
  vault::scrypt_cost cost;
  cost.n = static_cast<uint64_t>(c.auth.scrypt_n);
  return cost;
}

std::string owner_of(const account& a) {
  return a.role == rights::administrator ? a.username : a.owner;
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
    (void)vault::hash_password(asked.password.text, random_salt(), cost_of(*store->config));
  if (!right)
    return promise.fail(right.error());
  auto now = store->now_ms();
  if (!*right) {
    throttle->failed(asked.username, address, now);
    caller who{asked.username, {}, rights::ordinary, false, {}, address};
    write(
      *store,
      unawaited(how.what),
      {},
      [=](storage::database& to) { return audit(to, now, who, "account.login", "", 1200); },
      [](const expected<void>&) {});
    return promise.fail(ec::wrong_password);
  }
  throttle->succeeded(asked.username, address);
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
    [=](storage::database& to) -> expected<void> {
      account_repository accounts{to};
      if (auto gone = accounts.expire_sessions(idle_since, absolute_since); !gone)
        return fail(gone.error());
      if (single) {
        auto has = accounts.has_session(made.username);
        if (!has)
          return fail(has.error());
        if (*has)
          return fail(ec::repeat_login);
      }
      if (auto saved = accounts.save_session(made); !saved)
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
  auto found = account_repository{**db}.find(who.user);
  if (!found)
    return promise.fail(found.error() == ec::not_found ? error{ec::wrong_password, {}}
                                                       : found.error());
  auto same = vault::verify_password(password, found->password_hash);
  if (!same)
    return promise.fail(same.error());
  if (*same)
    return promise.fail(ec::same_password);
  if (auto fine = vault::judge_password(password, who.user); !fine)
    return promise.fail(fine.error());
  auto hash = vault::hash_password(password, random_salt(), cost_of(*store->config));
  if (!hash)
    return promise.fail(hash.error());
  write(
    *store,
    store->bounded(promise.ticket()),
    {},
    [who, hash = *hash, now = store->now_ms()](storage::database& to) -> expected<done> {
      account_repository accounts{to};
      if (auto set = accounts.set_password(who.user, hash, false); !set)
        return fail(ec::change_password, set.error().detail);
      if (auto ended = accounts.end_sessions_of(who.user, who.session); !ended)
        return fail(ended.error());
      if (auto noted = audit(to, now, who, "account.change", who.user); !noted)
        return fail(noted.error());
      return done{};
    },
    [promise](expected<done> x) { promise.answer(std::move(x)); });
}

expected<caller>
identify(const store_ptr& store, storage::database& db, const std::string& token_hash) {
  account_repository accounts{db};
  auto found = accounts.find_session(token_hash);
  if (!found)
    return fail(found.error());
  auto now = store->now_ms();
  const auto& auth = store->config->auth;
  if (now - found->last_used_ms > auth.session_idle.ms ||
      now - found->created_ms > auth.session_absolute.ms)
    return fail(ec::session_invalid, "expired");
  auto owner = accounts.find(found->username);
  if (!owner)
    return fail(owner.error() == ec::not_found ? error{ec::session_invalid, {}} : owner.error());
  // Touch early enough for short idle times, too.
  if (now - found->last_used_ms >= std::min(touch_every_ms, auth.session_idle.ms / 4))
    write(
      *store,
      unawaited(base::urgency::people),
      {},
      [=](storage::database& to) { return account_repository{to}.touch_session(token_hash, now); },
      [](const expected<void>&) {});
  return caller{
    owner->username, owner_of(*owner), owner->role, owner->must_change_password, token_hash, {}};
}

} // namespace

expected<void> seed_accounts(storage::database& db, const base::config& config, int64_t now_ms) {
  constexpr std::string_view first = "admin";
  account_repository accounts{db};
  // Most starts are not the first: they need not pay for a hash.
  if (auto known = accounts.find(first); known || known.error() != ec::not_found)
    return known.map([](const account&) {});
  auto hash = vault::hash_password(vault::default_password, random_salt(), cost_of(config));
  if (!hash)
    return fail(hash.error());
  return accounts.seed_administrator(first, *hash, now_ms).map([](bool) {});
}

account_actor::behavior_type account_store(self_pointer self, store_ptr store) {
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
      return write_for(
        store,
        foreign_promise<done>{self, of(who)},
        {},
        [who, now = store->now_ms()](storage::database& db) -> expected<done> {
          if (auto ended = account_repository{db}.end_session(who.session); !ended)
            return fail(ended.error());
          return audit(db, now, who, "account.logout", "").map([] { return done{}; });
        });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
