#include "actors/store/vault_keeper.hpp"

#include "actors/store/host_credentials.hpp"
#include "actors/support/ask_node.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/io/storage/account_repository.hpp"
#include "runtime/io/storage/credential_repository.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <unordered_set>

namespace aops::actors {

namespace {

using full_vault_self = full_vault_actor::stateful_pointer<checked_state<vault_keeper_state>>;
using storage::account_repository;
using storage::credential_repository;

constexpr std::chrono::seconds look_at_keys_every{1};
constexpr std::chrono::seconds peer_patience{3};

/// Sessions of this node with a key.
constexpr size_t most_keys = 4096;

expected<std::optional<std::string>> verifier_of(const store_access& store,
                                                 const std::string& owner) {
  auto db = store.pool->read();
  if (!db)
    return fail(std::move(db.error()));
  return credential_repository{**db}.verifier(owner);
}

/// What the key opens; nothing while nothing is sealed. Takes as long as scrypt's cost says.
expected<secret_ptr>
try_key(const store_access& store, const std::string& owner, std::string_view key) {
  auto verifier = verifier_of(store, owner);
  if (!verifier)
    return fail(std::move(verifier.error()));
  if (!*verifier)
    return secret_ptr{};
  auto opened = vault::open_vault(owner, key, **verifier);
  if (!opened)
    return fail(std::move(opened.error()));
  return secret_ptr{std::make_shared<vault::secret_bytes>(std::move(*opened))};
}

/// The key was entered and cannot be wrong: asked for once more, it would open nothing again.
caf::error refuse_nothing_sealed() {
  return refuse(ec::bad_request, "no host has credentials yet: `aops host update` adds them");
}

void enter_on_pool(const store_ptr& store,
                   const std::string& node,
                   const full_vault_actor& keeper,
                   const caller& who,
                   const sealed_text& key,
                   const foreign_promise<done>& promise) {
  auto opened = try_key(*store, who.owner, key.text);
  if (!opened)
    return promise.fail(opened.error());
  auto untried = *opened ? secret_ptr{} : std::make_shared<vault::secret_bytes>(key.text);
  key_entered news{who, *opened, untried, promise};
  write(
    *store,
    store->bounded(promise.ticket()),
    {},
    [who, node, now = store->now_ms()](storage::database& db) -> expected<void> {
      auto noted = account_repository{db}.set_vault_node(who.session, node);
      if (!noted)
        return fail(std::move(noted.error()));
      if (!*noted)
        return fail(ec::permission_denied, "only a session has a vault key, a token has none");
      return audit(db, now, who, "vault.enter", who.user);
    },
    [keeper, news](const expected<void>& stored) {
      if (stored)
        caf::anon_send(keeper, news);
      else
        news.promise.fail(stored.error());
    });
}

void change_on_pool(const store_ptr& store,
                    const caller& who,
                    const vault_key_to_change& x,
                    const foreign_promise<done>& promise) {
  auto verifier = verifier_of(*store, who.owner);
  if (!verifier)
    return promise.fail(verifier.error());
  if (!*verifier)
    return promise.fail(ec::vault_key, "nothing is sealed yet");
  auto wrapped = rewrap_vault(who.owner, x.key.text, x.new_key.text, **verifier, *store->config);
  if (!wrapped)
    return promise.fail(wrapped.error());
  write(
    *store,
    store->bounded(promise.ticket()),
    {},
    [who, was = **verifier, is = *wrapped, now = store->now_ms()](
      storage::database& db) -> expected<done> {
      auto replaced = credential_repository{db}.replace_verifier(who.owner, was, is);
      if (!replaced)
        return fail(std::move(replaced.error()));
      return audit(db, now, who, "vault.change", who.owner).map([] { return done{}; });
    },
    [promise](expected<done> x) { promise.answer(std::move(x)); });
}

/// Answers whether the session has a key here that opens what is sealed.
void answer_here(full_vault_self self,
                 const std::string& session,
                 const foreign_promise<done>& promise) {
  auto& st = self->state;
  auto it = st.keys.find(session);
  if (it == st.keys.end())
    return promise.fail(ec::vault_key);
  if (it->second.data_key)
    return promise.answer(done{});
  auto keeper = caf::actor_cast<full_vault_actor>(self);
  (void)on_pool(st.store,
                *st.store->crypto,
                promise,
                [store = st.store, keeper, session, kept = it->second, promise] {
                  auto opened = try_key(*store, kept.user, kept.untried->view());
                  caf::anon_send(keeper, key_tried{session, std::move(opened), promise});
                });
}

void take(full_vault_self self, const key_tried& x) {
  auto& keys = self->state.keys;
  auto it = keys.find(x.session);
  if (it == keys.end())
    return x.promise.fail(ec::vault_key);
  if (!x.data_key) {
    if (x.data_key.error() == ec::vault_key)
      keys.erase(it);
    return x.promise.fail(x.data_key.error());
  }
  if (*x.data_key) {
    it->second.data_key = *x.data_key;
    it->second.untried.reset();
  }
  x.promise.answer(done{});
}

/// Finds out which node has it.
void locate(full_vault_self self,
            const std::string& session,
            const foreign_promise<done>& promise) {
  auto store = self->state.store;
  auto keeper = caf::actor_cast<full_vault_actor>(self);
  (void)on_pool(store, *store->readers, promise, [store, keeper, session, promise] {
    auto db = store->pool->read();
    auto node =
      db ? account_repository{**db}.vault_node(session) : expected<std::string>{fail(db.error())};
    if (node)
      caf::anon_send(keeper, key_located{session, std::move(*node), promise});
    else
      promise.fail(node.error());
  });
}

/// The key itself does not travel.
void ask_holder(full_vault_self self, const key_located& x) {
  const auto& st = self->state;
  if (x.node.empty() || x.node == st.node)
    return x.promise.fail(ec::vault_key);
  auto then = [promise = x.promise](expected<done> answer) {
    if (!answer && !(answer.error() == ec::vault_key))
      answer = fail(ec::vault_key, "the node that has it does not answer");
    promise.answer(std::move(answer));
  };
  ask_node<vault_actor>(self,
                        *st.store->names,
                        x.node,
                        std::string{vault_name},
                        peer_patience,
                        then,
                        node_key_query{x.session});
}

/// Asks the store which keys may stay.
void look(full_vault_self self) {
  auto& st = self->state;
  std::erase_if(st.keys,
                [now = st.store->now_ms()](const auto& x) { return x.second.until_ms < now; });
  if (st.keys.empty())
    return;
  auto keeper = caf::actor_cast<full_vault_actor>(self);
  st.store->readers->queue(
    unawaited(base::urgency::people),
    [store = st.store, node = st.node, asked = st.entered, keeper](expected<void> turn) {
      if (!turn)
        return;
      auto db = store->pool->read();
      if (!db)
        return;
      auto now = store->now_ms();
      const auto& auth = store->config->auth;
      auto live = account_repository{**db}.sessions_with_vault(
        node, now - auth.session_idle.ms, now - auth.session_absolute.ms);
      if (live)
        caf::anon_send(keeper, keys_counted{asked, std::move(*live)});
    });
}

void wipe(full_vault_self self, const keys_counted& x) {
  const std::unordered_set<std::string_view> live(x.sessions.begin(), x.sessions.end());
  std::erase_if(self->state.keys, [&](const auto& key) {
    return key.second.number <= x.asked && !live.contains(key.first);
  });
}

} // namespace

full_vault_actor::behavior_type
vault_keeper(full_vault_self self, store_ptr store, std::string node) {
  prepare(self);
  self->state.store = std::move(store);
  self->state.node = std::move(node);
  self->delayed_send(self, look_at_keys_every, atom::tick_v);
  return {
    [self](const caller& who, const vault_to_use&) -> caf::result<opened_vault> {
      const auto& keys = self->state.keys;
      auto it = who.session.empty()
                  ? std::find_if(keys.begin(),
                                 keys.end(),
                                 [&](const auto& key) {
                                   return key.second.user == who.user && key.second.data_key;
                                 })
                  : keys.find(who.session);
      if (it == keys.end())
        return refuse(ec::vault_key);
      if (!it->second.data_key)
        return refuse_nothing_sealed();
      return opened_vault{it->second.data_key};
    },
    [self](const open_vaults_query&) {
      std::map<std::string, secret_ptr> found;
      for (const auto& [session, key] : self->state.keys)
        if (key.data_key)
          found.emplace(key.user, key.data_key);
      open_vaults out;
      for (auto& [user, key] : found)
        out.vaults.push_back({user, std::move(key)});
      return out;
    },
    [self](const key_entered& x) {
      auto& st = self->state;
      auto until = st.store->now_ms() + st.store->config->auth.session_absolute.ms;
      st.keys[x.who.session] = {x.who.user, x.data_key, x.untried, ++st.entered, until};
      x.promise.answer(done{});
      tell<run_intake_actor>(*st.store->names, run_intake_name, x.who, vault_opened{});
    },
    [self](const key_tried& x) { take(self, x); },
    [self](const key_located& x) { ask_holder(self, x); },
    [self](const keys_counted& x) { wipe(self, x); },
    [self](atom::tick) {
      self->delayed_send(self, look_at_keys_every, atom::tick_v);
      look(self);
    },
    [self](const caller& who, const vault_key_to_enter& x) -> caf::result<done> {
      const auto& st = self->state;
      if (st.keys.size() >= most_keys && !st.keys.contains(who.session))
        return refuse(ec::overloaded, "too many sessions have a vault key");
      foreign_promise<done> promise{self, of(who)};
      auto keeper = caf::actor_cast<full_vault_actor>(self);
      return on_pool(st.store,
                     *st.store->crypto,
                     promise,
                     [store = st.store, node = st.node, keeper, who, key = x.key, promise] {
                       enter_on_pool(store, node, keeper, who, key, promise);
                     });
    },
    [self](const caller& who, const vault_key_to_change& x) -> caf::result<done> {
      auto store = self->state.store;
      foreign_promise<done> promise{self, of(who)};
      return on_pool(store, *store->crypto, promise, [store, who, x, promise] {
        change_on_pool(store, who, x, promise);
      });
    },
    [self](const caller& who, const session_key_query&) -> caf::result<done> {
      foreign_promise<done> promise{self, of(who)};
      if (self->state.keys.contains(who.session))
        answer_here(self, who.session, promise);
      else
        locate(self, who.session, promise);
      return promise;
    },
    [self](const node_key_query& x) -> caf::result<done> {
      foreign_promise<done> promise{self};
      answer_here(self, x.session, promise);
      return promise;
    },
    [self](const user_key_query& x) -> caf::result<done> {
      foreign_promise<done> promise{self};
      const auto& keys = self->state.keys;
      auto it = std::find_if(
        keys.begin(), keys.end(), [&](const auto& key) { return key.second.user == x.user; });
      answer_here(self, it == keys.end() ? std::string{} : it->first, promise);
      return promise;
    },
    [self](const sessions_changed&) { look(self); },
    [](atom::ping) {},
    [self](const session_key_to_lend& x) -> caf::result<session_key_lent> {
      auto it = self->state.keys.find(x.session);
      if (it == self->state.keys.end())
        return refuse(ec::vault_key);
      if (!it->second.data_key)
        return refuse_nothing_sealed();
      return session_key_lent{sealed_text{std::string{it->second.data_key->view()}}};
    },
  };
}

} // namespace aops::actors
