#include "actors/store/user_store.hpp"

#include "actors/store/needs_session.hpp"
#include "actors/store/once.hpp"
#include "actors/store/password_hash.hpp"
#include "actors/support/prepare.hpp"
#include "messages/roles/vault.hpp"
#include "runtime/core/vault/password.hpp"
#include "runtime/io/storage/account_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

using user_store_self = user_store_actor::stateful_pointer<checked_state<user_store_state>>;
using storage::account_repository;
using storage::stored_user;
using storage::user_repository;

/// Registrations from one address: nobody fills the store with accounts.
constexpr int64_t most_registrations = 200;
constexpr int64_t registration_window_ms = 60'000;

/// What an update answers: unknown accounts and rules that are broken are no reasons of their own.
error as_update(error e) {
  if (e == ec::not_found || e == ec::has_dependency)
    return {ec::update_failed, std::move(e.detail)};
  return e;
}

/// A change of one account that the caller administers, with its record.
/// @param work `expected<void>(database&, const stored_user&)`.
template <class Work>
caf::result<done> change_user(user_store_self self,
                              const caller& who,
                              const std::string& username,
                              std::string_view action,
                              Work work) {
  auto store = self->state.store;
  foreign_promise<done> promise{self, of(who)};
  write(
    *store,
    store->bounded(promise.ticket()),
    {},
    [who, username, action, work, now = store->now_ms()](storage::database& db) -> expected<done> {
      auto user = administered(db, who, username);
      if (!user)
        return fail(as_update(std::move(user.error())));
      if (auto changed = work(db, *user); !changed)
        return fail(as_update(std::move(changed.error())));
      return audit(db, now, who, action, username).map([] { return done{}; });
    },
    [store, promise](expected<done> x) {
      tell<vault_actor>(*store->names, vault_name, sessions_changed{});
      promise.answer(std::move(x));
    });
  return promise;
}

expected<void> judge_name(const std::string& name) {
  if (name == service_user)
    return fail(ec::conflict, "username: is the name of services in the log");
  bool is_odd =
    name.front() == ' ' || name.back() == ' ' ||
    std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (is_odd)
    return fail(ec::bad_request, "username: has control characters, or blanks at its ends");
  return {};
}

/// Accounts are administered in a log-in, by whoever is administrator when it is carried out: he
/// may have been demoted while the request waited.
expected<void> still_administers(storage::database& db, const caller& who) {
  if (who.session.empty())
    return {};
  if (auto has = needs_session(db, who); !has)
    return has;
  auto me = user_repository{db}.lock(who.user);
  if (!me)
    return fail(me.error() == ec::not_found ? error{ec::permission_denied, {}} : me.error());
  return me->role == rights::administrator && !me->is_disabled ? expected<void>{}
                                                               : fail(ec::permission_denied);
}

/// Makes an account, once for each `Idempotency-Key`.
/// @param who Whose record it is: an administrator, of whom the account will be, or the new user.
void add_on_pool(const store_ptr& store,
                 const caller& who,
                 account made,
                 const sealed_text& password,
                 std::string_view action,
                 const foreign_promise<done>& promise) {
  auto hash = judged_hash(password.text, made.username, *store->config);
  if (!hash)
    return promise.fail(hash.error());
  made.password_hash = std::move(*hash);
  auto now = store->now_ms();
  auto add = [made, who, action, now](storage::database& db) -> expected<done> {
    if (!made.owner.empty())
      if (auto may = still_administers(db, who); !may)
        return fail(std::move(may.error()));
    if (auto added = account_repository{db}.add(made, now); !added)
      return fail(std::move(added.error()));
    return audit(db, now, who, action, made.username).map([] { return done{}; });
  };
  write_for(store, promise, {}, once(who, now, add));
}

caf::result<done> add_for(user_store_self self, const caller& who, const user_to_add& x) {
  if (auto fine = judge_name(x.username); !fine)
    return to_caf(fine.error());
  account made{x.username, {}, rights::ordinary, who.owner, true};
  auto store = self->state.store;
  foreign_promise<done> promise{self, of(who)};
  return on_pool(store, *store->crypto, promise, [store, who, made, x, promise] {
    add_on_pool(store, who, made, x.password, "user.add", promise);
  });
}

caf::result<done> register_in(user_store_self self, const caller& from, const register_user& x) {
  auto& st = self->state;
  const auto& address = from.address;
  if (!st.store->config->auth.registration)
    return refuse(ec::permission_denied, "registration is off");
  if (auto fine = judge_name(x.username); !fine)
    return to_caf(fine.error());
  if (!st.throttle->allows({}, address, st.store->now_ms()))
    return refuse(ec::overloaded, "too many registrations; wait a minute");
  st.throttle->failed({}, address, st.store->now_ms());
  caller who{x.username, {}, rights::ordinary, false, {}, address};
  who.repeatable = from.repeatable;
  account made{x.username, {}, rights::ordinary, {}, false};
  foreign_promise<done> promise{self};
  return on_pool(st.store, *st.store->crypto, promise, [store = st.store, who, made, x, promise] {
    add_on_pool(store, who, made, x.password, "account.register", promise);
  });
}

void reset_on_pool(const store_ptr& store,
                   const caller& who,
                   const password_to_reset& x,
                   const foreign_promise<done>& promise) {
  auto hash = judged_hash(x.password.text, x.username, *store->config);
  if (!hash)
    return promise.fail(hash.error());
  write(
    *store,
    store->bounded(promise.ticket()),
    {},
    [who, name = x.username, hash = *hash, now = store->now_ms()](
      storage::database& db) -> expected<done> {
      auto user = administered(db, who, name);
      if (!user)
        return fail(as_update(std::move(user.error())));
      account_repository accounts{db};
      auto set = storage::in_order([&] { return accounts.set_password(name, hash, true); },
                                   [&] { return accounts.end_sessions_of(name); },
                                   [&] { return user_repository{db}.end_tokens(*user); },
                                   [&] { return audit(db, now, who, "user.reset", name); });
      return set.map([] { return done{}; });
    },
    [store, promise](expected<done> x) {
      tell<vault_actor>(*store->names, vault_name, sessions_changed{});
      promise.answer(std::move(x));
    });
}

expected<void> change_role_of(storage::database& db, const stored_user& x, rights role) {
  if (x.role == role)
    return {};
  user_repository users{db};
  return role == rights::administrator ? users.promote(x) : users.demote(x);
}

expected<void> adopt(storage::database& db, const caller& who, const stored_user& x) {
  if (x.role == rights::administrator)
    return fail(ec::update_failed, "username: an administrator belongs to himself");
  return x.owner == who.user ? expected<void>{} : user_repository{db}.set_owner(x, who.user);
}

expected<void> own_user(const caller& who, const stored_user& x) {
  if (x.role == rights::ordinary && x.owner == who.user)
    return {};
  return fail(ec::update_failed, "username: does not belong to you");
}

expected<void> change_grants(storage::database& db,
                             const caller& who,
                             const stored_user& x,
                             const grants_to_change& what) {
  if (auto own = own_user(who, x); !own)
    return own;
  user_repository users{db};
  if (auto granted = users.grant(x, what.grant.value_or(std::vector<std::string>{})); !granted)
    return granted.error() == ec::not_found
             ? expected<void>{fail(ec::bad_request, std::move(granted.error().detail))}
             : granted;
  return users.revoke(x, what.revoke.value_or(std::vector<std::string>{}));
}

/// Name by name; what fails is no reason to keep the others.
expected<users_deleted> delete_users(storage::database& db,
                                     const caller& who,
                                     const std::vector<std::string>& names,
                                     int64_t now_ms) {
  if (auto may = still_administers(db, who); !may)
    return fail(std::move(may.error()));
  users_deleted out;
  bool has_dependency = false, is_denied = false;
  for (const auto& name : names) {
    auto user = name == who.user
                  ? expected<stored_user>{fail(ec::delete_failed, "nobody deletes himself")}
                  : administered(db, who, name);
    auto gone = user ? user_repository{db}.remove(*user) : expected<void>{fail(user.error())};
    if (gone) {
      out.deleted.push_back(name);
      continue;
    }
    const auto& why = gone.error();
    if (!(why == ec::not_found || why == ec::has_dependency || why == ec::permission_denied ||
          why == ec::delete_failed))
      return fail(why);
    has_dependency = has_dependency || why == ec::has_dependency;
    is_denied = is_denied || why == ec::permission_denied;
    out.fail_reasons[name] = why == ec::permission_denied ? "belongs to another" : why.detail;
  }
  if (out.deleted.empty())
    out.code = outcome_of(is_denied        ? ec::permission_denied
                          : has_dependency ? ec::has_dependency
                                           : ec::delete_failed)
                 .return_code;
  else if (!out.fail_reasons.empty())
    out.code = code_partial;
  if (auto noted = audit(db, now_ms, who, "user.delete", listed(names), out.code); !noted)
    return fail(std::move(noted.error()));
  return out;
}

} // namespace

expected<stored_user> administered(storage::database& db,
                                   const caller& who,
                                   const std::string& username,
                                   bool is_to_change) {
  user_repository users{db};
  if (is_to_change)
    if (auto may = still_administers(db, who); !may)
      return fail(std::move(may.error()));
  auto user = is_to_change ? users.lock(username) : users.find(username);
  if (!user)
    return user;
  bool is_anothers =
    user->role == rights::ordinary && !user->owner.empty() && user->owner != who.user;
  if (who.role != rights::administrator || is_anothers)
    return fail(ec::permission_denied, "username: belongs to another administrator");
  return user;
}

user_store_actor::behavior_type user_store(user_store_self self, store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  self->state.throttle =
    std::make_shared<login_throttle>(most_registrations, registration_window_ms);
  return {
    [self](const caller& who, const register_user& x) { return register_in(self, who, x); },
    [self](const caller& who, const user_to_add& x) { return add_for(self, who, x); },
    [self](const caller& who, const users_query& q) -> caf::result<users_page> {
      return read(self->state.store,
                  foreign_promise<users_page>{self, of(who)},
                  [who, q](storage::database& db) {
                    return user_repository{db}.page(who.user, paging_of(q));
                  });
    },
    [self](const caller& who, const change_role& x) {
      auto role = x.role == "administrator" ? rights::administrator : rights::ordinary;
      return change_user(
        self, who, x.username, "user.role", [role](storage::database& db, const stored_user& user) {
          return change_role_of(db, user, role);
        });
    },
    [self](const caller& who, const user_to_adopt& x) {
      return change_user(
        self, who, x.username, "user.adopt", [who](storage::database& db, const stored_user& user) {
          return adopt(db, who, user);
        });
    },
    [self](const caller& who, const user_to_release& x) {
      return change_user(self,
                         who,
                         x.username,
                         "user.release",
                         [who](storage::database& db, const stored_user& user) -> expected<void> {
                           if (auto own = own_user(who, user); !own)
                             return own;
                           return user_repository{db}.set_owner(user, {});
                         });
    },
    [self](const caller& who, const user_to_disable& x) {
      return change_user(
        self, who, x.username, "user.disable", [](storage::database& db, const stored_user& user) {
          return user_repository{db}.set_disabled(user, true);
        });
    },
    [self](const caller& who, const user_to_enable& x) {
      return change_user(
        self, who, x.username, "user.enable", [](storage::database& db, const stored_user& user) {
          return user_repository{db}.set_disabled(user, false);
        });
    },
    [self](const caller& who, const password_to_reset& x) -> caf::result<done> {
      auto store = self->state.store;
      foreign_promise<done> promise{self, of(who)};
      return on_pool(store, *store->crypto, promise, [store, who, x, promise] {
        reset_on_pool(store, who, x, promise);
      });
    },
    [self](const caller& who, const users_to_delete& x) -> caf::result<users_deleted> {
      auto store = self->state.store;
      return write_for(store,
                       foreign_promise<users_deleted>{self, of(who)},
                       {},
                       [who, x, now = store->now_ms()](storage::database& db) {
                         return delete_users(db, who, x.user_list, now);
                       });
    },
    [self](const caller& who, const grants_to_change& x) {
      return change_user(self,
                         who,
                         x.username,
                         "user.grant",
                         [who, x](storage::database& db, const stored_user& user) {
                           return change_grants(db, who, user, x);
                         });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
