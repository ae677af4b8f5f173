#include "actors/store/host_store.hpp"

#include "actors/store/host_credentials.hpp"
#include "actors/store/once.hpp"
#include "actors/support/ask_message.hpp"
#include "actors/support/prepare.hpp"
#include "actors/support/tell_changed.hpp"
#include "messages/roles/vault.hpp"
#include "runtime/base/address.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/io/storage/credential_repository.hpp"
#include "runtime/io/storage/host_key_repository.hpp"
#include "runtime/io/storage/host_repository.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using host_store_self = host_store_actor::stateful_pointer<checked_state<host_store_state>>;
using storage::host_repository;

/// An administrator's own name, or the administrator a user belongs to. Nobody's user sees nothing:
/// no owner has an empty name.
const std::string& owner_of(const caller& who) { return who.owner; }

/// What binds an owner to a vault key: written with the first thing that is sealed with it, gone
/// with the last.
struct vault_claim {
  std::string was;  ///< As it was when something was sealed; empty: there was none.
  std::string made; ///< For one that had none.
};

/// Somebody made, changed or dropped the vault since we looked: what was sealed would not open.
expected<void> claim_vault(storage::database& db, const caller& who, const vault_claim& x) {
  storage::credential_repository credentials{db};
  auto present = credentials.lock_verifier(owner_of(who));
  if (!present)
    return fail(std::move(present.error()));
  if (present->value_or("") != x.was)
    return fail(ec::overloaded, "the vault was changed meanwhile; try again");
  return x.made.empty() ? expected<void>{} : credentials.save_verifier(owner_of(who), x.made);
}

/// A host about to be stored.
struct prepared_host {
  storage::new_host row;
  std::string sealed;
};

struct prepared_hosts {
  std::vector<prepared_host> hosts;
  vault_claim vault;
};

struct add_outcome {
  hosts_added reply;
  std::vector<host_record> records;
};

std::string reason_of(const error& e) {
  return e == ec::not_found ? "no such host group" : e.detail;
}

/// Runs inside the writer's transaction, perhaps more than once.
expected<add_outcome> add_hosts(storage::database& db,
                                const caller& who,
                                const prepared_hosts& prepared,
                                int64_t now_ms) {
  add_outcome out;
  host_repository hosts{db};
  bool only_duplicates = true, has_sealed = false;
  for (const auto& [row, sealed] : prepared.hosts) {
    host_outcome told{row.host_name, row.host_group_name, row.public_ip, {}, {}};
    auto added = hosts.add(row, sealed);
    if (added) {
      has_sealed = has_sealed || !sealed.empty();
      told.host_id = row.host_id;
      out.reply.host_list.push_back(row.host_id);
      out.reply.succeed_list.push_back(std::move(told));
      out.records.push_back({row.host_id,
                             row.host_name,
                             row.owner,
                             row.host_group_name,
                             row.public_ip,
                             row.exporter_port.value_or(0),
                             row.slot,
                             "unknown",
                             row.created_ms,
                             row.source});
    } else if (added.error() == ec::conflict || added.error() == ec::not_found) {
      only_duplicates = only_duplicates && added.error() == ec::conflict;
      told.reason = reason_of(added.error());
      out.reply.fail_list.push_back(std::move(told));
    } else {
      return fail(added.error());
    }
  }
  // A key binds the owner only once something is sealed with it.
  if (has_sealed)
    if (auto claimed = claim_vault(db, who, prepared.vault); !claimed)
      return fail(std::move(claimed.error()));
  if (out.reply.succeed_list.empty())
    out.reply.code = outcome_of(only_duplicates ? ec::conflict : ec::insert_failed).return_code;
  else if (!out.reply.fail_list.empty())
    out.reply.code = code_partial;
  if (auto noted = audit(db, now_ms, who, "host.add", listed(out.reply.host_list), out.reply.code);
      !noted)
    return fail(noted.error());
  return out;
}

/// With the key, or without what it would open.
expected<vault_keys>
keys_for(const store_access& store, const caller& who, const maybe<sealed_text>& key) {
  if (!key)
    return vault_keys{};
  auto db = store.pool->read();
  if (!db)
    return fail(db.error());
  auto verifier = storage::credential_repository{**db}.verifier(owner_of(who));
  if (!verifier)
    return fail(verifier.error());
  return open_or_make_vault(owner_of(who), key->text, *verifier, *store.config);
}

/// @param ids Of hosts that have one already; empty texts, or none at all, of others.
expected<prepared_hosts> prepare_hosts(const store_ptr& store,
                                       const caller& who,
                                       const hosts_to_add& asked,
                                       const std::vector<std::string>& ids) {
  auto keys = keys_for(*store, who, asked.key);
  if (!keys)
    return fail(keys.error());
  prepared_hosts out;
  out.vault = {keys->verifier, keys->new_verifier};
  for (size_t i = 0; i < asked.host_list.size(); ++i) {
    const auto& x = asked.host_list[i];
    prepared_host host;
    auto now = store->now_ms();
    auto id = i < ids.size() && !ids[i].empty() ? ids[i] : base::new_id(now);
    host.row = {owner_of(who),
                id,
                x.host_name,
                x.host_group_name,
                base::canonical_address(x.public_ip),
                x.ssh_port,
                x.management,
                x.exporter_port,
                schedule::slot_of(id),
                now,
                store->config->scrape.port,
                x.source.value_or(source_scrape)};
    if (has_credentials(x)) {
      auto sealed = seal_credentials(keys->data_key, owner_of(who), id, x);
      if (!sealed)
        return fail(sealed.error().code, fmt::format("host_list[{}].{}", i, sealed.error().detail));
      host.sealed = std::move(*sealed);
    }
    out.hosts.push_back(std::move(host));
  }
  return out;
}

/// Whichever node owns them.
void tell_hosts(const store_access& store, hosts_changed what) {
  tell_all_nodes(*store.names, std::string{hosts_name}, caf::make_message(std::move(what)));
  tell_changed(*store.names, bit_of(followed_list::hosts));
}

/// On the crypto pool when there is a key.
void add(const store_ptr& store,
         const caller& who,
         const hosts_to_add& asked,
         const std::vector<std::string>& ids,
         const foreign_promise<hosts_added>& promise) {
  auto prepared = prepare_hosts(store, who, asked, ids);
  if (!prepared)
    return promise.fail(prepared.error());
  auto rows = prepared->hosts.size();
  write(
    *store,
    store->bounded(promise.ticket()),
    {},
    once(who,
         store->now_ms(),
         [who, prepared = std::move(*prepared), now = store->now_ms()](storage::database& db) {
           return add_hosts(db, who, prepared, now);
         }),
    [store, promise](expected<add_outcome> x) {
      if (!x)
        return promise.fail(x.error());
      if (!x->records.empty())
        tell_hosts(*store, {std::move(x->records), {}});
      promise.answer(std::move(x->reply));
    },
    rows);
}

struct prepared_update {
  host_to_update what;
  std::string sealed; ///< Empty: the credentials stay.
  vault_claim vault;
};

/// A name that is taken is as wrong in an update as one that is not there.
error as_update(error e) {
  if (e == ec::not_found || e == ec::conflict)
    return {ec::update_failed, std::move(e.detail)};
  return e;
}

/// Runs inside the writer's transaction, perhaps more than once.
expected<host_record> update_host(storage::database& db,
                                  const caller& who,
                                  const prepared_update& x,
                                  int64_t default_port,
                                  int64_t now_ms) {
  auto changed = host_repository{db}.update(owner_of(who), x.what, default_port, now_ms);
  if (!changed)
    return fail(as_update(std::move(changed.error())));
  if (!x.sealed.empty()) {
    if (auto claimed = claim_vault(db, who, x.vault); !claimed)
      return fail(std::move(claimed.error()));
    auto saved = storage::credential_repository{db}.save(x.what.host_id, x.sealed);
    if (!saved)
      return fail(std::move(saved.error()));
  }
  if (auto noted = audit(db, now_ms, who, "host.update", x.what.host_id); !noted)
    return fail(std::move(noted.error()));
  return changed;
}

/// Without the secrets, which are sealed and of no use beyond.
expected<prepared_update>
prepare_update(const store_access& store, const caller& who, host_to_update asked) {
  prepared_update out;
  if (has_credentials(asked)) {
    auto keys = keys_for(store, who, asked.key);
    if (!keys)
      return fail(std::move(keys.error()));
    auto sealed = seal_credentials(keys->data_key, owner_of(who), asked.host_id, asked);
    if (!sealed)
      return fail(std::move(sealed.error()));
    out.sealed = std::move(*sealed);
    out.vault = {std::move(keys->verifier), std::move(keys->new_verifier)};
  }
  asked.password.reset();
  asked.sudo_password.reset();
  asked.ssh_key.reset();
  asked.key.reset();
  if (asked.public_ip)
    asked.public_ip = base::canonical_address(*asked.public_ip);
  out.what = std::move(asked);
  return out;
}

/// On the crypto pool when there is a key.
void update(const store_ptr& store,
            const caller& who,
            const host_to_update& asked,
            const foreign_promise<done>& promise) {
  auto prepared = prepare_update(*store, who, asked);
  if (!prepared)
    return promise.fail(prepared.error());
  auto port = store->config->scrape.port;
  write(
    *store,
    store->bounded(promise.ticket()),
    {},
    [who, prepared = std::move(*prepared), port, now = store->now_ms()](storage::database& db) {
      return update_host(db, who, prepared, port, now);
    },
    [store, promise](expected<host_record> x) {
      if (!x)
        return promise.fail(x.error());
      tell_hosts(*store, {{std::move(*x)}, {}});
      promise.answer(done{});
    });
}

/// Hosts that one message tells of.
constexpr size_t most_told = 500;

expected<std::vector<host_record>> update_group(storage::database& db,
                                                const caller& who,
                                                const host_group_to_update& x,
                                                int64_t now_ms) {
  auto renamed = host_repository{db}.update_group(owner_of(who), x);
  if (!renamed)
    return fail(as_update(std::move(renamed.error())));
  if (auto noted = audit(db, now_ms, who, "group.update", x.host_group_name); !noted)
    return fail(std::move(noted.error()));
  return renamed;
}

void tell_in_parts(const store_access& store, std::vector<host_record> hosts) {
  for (size_t i = 0; i < hosts.size(); i += most_told) {
    auto end = std::min(i + most_told, hosts.size());
    auto part = [&](size_t at) { return hosts.begin() + static_cast<std::ptrdiff_t>(at); };
    tell_hosts(store, {{part(i), part(end)}, {}});
  }
}

/// Runs the work there, where its key may be tried, or here when it has none.
template <class Reply, class Request, class Work>
caf::result<Reply> with_vault(const store_ptr& store,
                              const caller& who,
                              const Request& x,
                              foreign_promise<Reply> promise,
                              Work work) {
  if (x.key)
    return on_pool(store, *store->crypto, promise, [store, who, x, promise, work] {
      work(store, who, x, promise);
    });
  work(store, who, x, promise);
  return promise;
}

caf::result<hosts_added> add_hosts_of(host_store_self self,
                                      const caller& who,
                                      const hosts_to_add& x,
                                      const std::vector<std::string>& ids) {
  auto work = [ids](const store_ptr& store,
                    const caller& who,
                    const hosts_to_add& asked,
                    const foreign_promise<hosts_added>& promise) {
    add(store, who, asked, ids, promise);
  };
  return with_vault(self->state.store, who, x, foreign_promise<hosts_added>{self, of(who)}, work);
}

expected<hosts_deleted> delete_hosts(storage::database& db,
                                     const caller& who,
                                     const hosts_to_delete& asked,
                                     int64_t now_ms) {
  hosts_deleted reply;
  for (const auto& id : asked.host_list) {
    auto removed = host_repository{db}.remove(owner_of(who), id, now_ms);
    if (!removed)
      return fail(removed.error());
    (*removed ? reply.succeed_list : reply.fail_list).push_back(id);
  }
  if (!reply.succeed_list.empty())
    if (auto left = storage::credential_repository{db}.drop_empty_vault(owner_of(who)); !left)
      return fail(std::move(left.error()));
  if (reply.succeed_list.empty())
    reply.code = outcome_of(ec::delete_failed).return_code;
  else if (!reply.fail_list.empty())
    reply.code = code_partial;
  if (auto noted = audit(db, now_ms, who, "host.delete", listed(reply.succeed_list), reply.code);
      !noted)
    return fail(noted.error());
  return reply;
}

expected<host_records> find(storage::database& db, const find_hosts& x) {
  host_repository hosts{db};
  auto found = !x.owner.empty()
                 ? (x.ids.empty() ? hosts.of_owner(x.owner) : hosts.known(x.owner, x.ids))
                 : hosts.in_slots(x.slots);
  return found.map([](auto list) { return host_records{std::move(list)}; });
}

/// Those a caller sees, and the digests of the keys they are known by, which are not made anew for
/// each who asks.
expected<hosts_page> page(storage::database& db, const caller& who, const hosts_query& q) {
  auto found = host_repository{db}.page(scope_of(who), q);
  if (!found)
    return found;
  std::vector<std::string> ids;
  for (const auto& host : found->host_infos)
    ids.push_back(host.host_id);
  auto keys = storage::host_key_repository{db}.fingerprints_of(ids);
  if (!keys)
    return fail(std::move(keys.error()));
  for (auto& host : found->host_infos)
    if (auto known = keys->find(host.host_id); known != keys->end())
      host.host_keys = std::move(known->second);
  return found;
}

caf::result<hosts_counted> count(host_store_self self, const caller& who, const hosts_to_count& x) {
  return read(self->state.store,
              foreign_promise<hosts_counted>{self, of(who)},
              [who, x](storage::database& db) {
                return host_repository{db}.count(scope_of(who), x).map([](int64_t n) {
                  return hosts_counted{n};
                });
              });
}

} // namespace

host_store_actor::behavior_type host_store(host_store_self self, store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const host_group_to_add& x) -> caf::result<host_group_added> {
      auto store = self->state.store;
      return write_for(
        store,
        foreign_promise<host_group_added>{self, of(who)},
        {},
        once(who,
             store->now_ms(),
             [who, x, now = store->now_ms()](storage::database& db) -> expected<host_group_added> {
               auto id = host_repository{db}.add_group(owner_of(who), x);
               if (!id)
                 return fail(id.error());
               if (auto noted = audit(db, now, who, "group.add", x.host_group_name); !noted)
                 return fail(noted.error());
               return host_group_added{std::move(*id)};
             }));
    },
    [self](const caller& who, const host_group_to_update& x) -> caf::result<done> {
      auto store = self->state.store;
      foreign_promise<done> promise{self, of(who)};
      write(
        *store,
        store->bounded(promise.ticket()),
        {},
        [who, x, now = store->now_ms()](storage::database& db) {
          return update_group(db, who, x, now);
        },
        [store, promise](expected<std::vector<host_record>> renamed) {
          if (!renamed)
            return promise.fail(std::move(renamed.error()));
          tell_in_parts(*store, std::move(*renamed));
          promise.answer(done{});
        });
      return promise;
    },
    [self](const caller& who, const host_groups_to_delete& x) -> caf::result<host_groups_deleted> {
      auto store = self->state.store;
      return write_for(
        store,
        foreign_promise<host_groups_deleted>{self, of(who)},
        {},
        [who, x, now = store->now_ms()](storage::database& db) -> expected<host_groups_deleted> {
          auto reply = host_repository{db}.delete_groups(owner_of(who), x.host_group_list);
          if (!reply)
            return reply;
          if (auto noted = audit(db, now, who, "group.delete", listed(reply->deleted), reply->code);
              !noted)
            return fail(noted.error());
          return reply;
        });
    },
    [self](const caller& who, const host_groups_query& q) -> caf::result<host_groups_page> {
      return read(self->state.store,
                  foreign_promise<host_groups_page>{self, of(who)},
                  [who, q](storage::database& db) {
                    return host_repository{db}.groups_page(scope_of(who), paging_of(q));
                  });
    },
    [self](const caller& who, const hosts_to_add& x) -> caf::result<hosts_added> {
      return add_hosts_of(self, who, x, {});
    },
    [self](const caller& who, const hosts_to_keep& x) -> caf::result<hosts_added> {
      return add_hosts_of(self, who, x.what, x.ids);
    },
    [self](const caller& who, const host_to_update& x) -> caf::result<done> {
      return with_vault(self->state.store, who, x, foreign_promise<done>{self, of(who)}, update);
    },
    [self](const caller& who, const hosts_to_delete& x) -> caf::result<hosts_deleted> {
      auto store = self->state.store;
      foreign_promise<hosts_deleted> promise{self, of(who)};
      write(
        *store,
        store->bounded(promise.ticket()),
        {},
        [who, x, now = store->now_ms()](storage::database& db) {
          return delete_hosts(db, who, x, now);
        },
        [store, promise](expected<hosts_deleted> done) {
          if (done && !done->succeed_list.empty()) {
            tell_hosts(*store, {{}, done->succeed_list});
            tell<vault_actor>(*store->names, vault_name, sessions_changed{});
          }
          promise.answer(std::move(done));
        });
      return promise;
    },
    [self](const caller& who, const hosts_query& q) -> caf::result<hosts_page> {
      return read(self->state.store,
                  foreign_promise<hosts_page>{self, of(who)},
                  [who, q](storage::database& db) { return page(db, who, q); });
    },
    [self](const caller& who, const count_hosts&) { return count(self, who, {}); },
    [self](const caller& who, const hosts_to_count& x) { return count(self, who, x); },
    [self](const caller& who, const seen_hosts_query& q) -> caf::result<host_records> {
      return read(self->state.store,
                  foreign_promise<host_records>{self, of(who)},
                  [who, q](storage::database& db) {
                    return host_repository{db}.known(scope_of(who), q.host_list).map([](auto list) {
                      return host_records{std::move(list)};
                    });
                  });
    },
    [self](const find_hosts& x) -> caf::result<host_records> {
      return read(self->state.store,
                  foreign_promise<host_records>{self, {base::urgency::live, x.owner, {}}},
                  [x](storage::database& db) { return find(db, x); });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
