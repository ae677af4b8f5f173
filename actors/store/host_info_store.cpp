#include "actors/store/host_info_store.hpp"

#include "actors/support/prepare.hpp"
#include "runtime/core/task/host_facts.hpp"
#include "runtime/io/storage/host_info_repository.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using host_info_store_self =
  host_info_store_actor::stateful_pointer<checked_state<host_info_store_state>>;
using storage::host_info_repository;
using scope = host_info_repository::scope;

/// Hosts that a caller sees. A user who belongs to nobody sees none: no owner means anybody's.
scope seen_by(const caller& who) {
  if (who.owner.empty())
    return {{}, maybe<std::vector<std::string>>{std::in_place}};
  return {who.owner, who.groups};
}

scope meant_by(const caller& who, bool of_anybody) { return of_anybody ? scope{} : seen_by(who); }

/// Facts as they are kept, each beside its host.
expected<std::vector<collected_facts>> prepare_facts(std::vector<collected_facts> hosts) {
  for (size_t i = 0; i < hosts.size(); ++i) {
    auto kept = task::facts_to_keep(hosts[i].infos.text);
    if (!kept)
      return fail(kept.error().code, fmt::format("host_infos[{}].{}", i, kept.error().detail));
    hosts[i].infos.text = std::move(*kept);
  }
  return hosts;
}

expected<host_infos_saved> save(storage::database& db,
                                const caller& who,
                                const scope& of,
                                const std::vector<collected_facts>& hosts,
                                int64_t now_ms) {
  host_infos_saved reply;
  for (const auto& host : hosts) {
    auto is_there = host_info_repository{db}.save(of, host.host_id, host.infos.text, now_ms);
    if (!is_there)
      return fail(std::move(is_there.error()));
    (*is_there ? reply.succeed_list : reply.fail_list).push_back(host.host_id);
  }
  if (reply.succeed_list.empty())
    reply.code = outcome_of(ec::insert_failed).return_code;
  else if (!reply.fail_list.empty())
    reply.code = code_partial;
  return audit(db, now_ms, who, "host.info.save", listed(reply.succeed_list), reply.code).map([&] {
    return std::move(reply);
  });
}

/// Says of which hosts it should have been collected anew by now.
std::vector<host_facts> aged(std::vector<host_facts> hosts, int64_t every_ms, int64_t now_ms) {
  for (auto& host : hosts)
    if (every_ms > 0 && host.collected && host.collected->ms + every_ms < now_ms)
      host.stale_since = moment{host.collected->ms + every_ms};
  return hosts;
}

} // namespace

host_info_store_actor::behavior_type host_info_store(host_info_store_self self, store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const host_infos_query& q) -> caf::result<host_infos_found> {
      auto store = self->state.store;
      return read(store,
                  foreign_promise<host_infos_found>{self, of(who)},
                  [seen = seen_by(who),
                   q,
                   every = store->config->tasks.collect_facts.ms,
                   now = store->now_ms()](storage::database& db) {
                    host_info_repository known{db};
                    auto found = q.basic.value_or(false) ? known.basics(seen, q.host_list)
                                                         : known.facts(seen, q.host_list);
                    return found.map([&](auto list) {
                      return host_infos_found{aged(std::move(list), every, now)};
                    });
                  });
    },
    [self](const caller& who, const host_infos_to_save& x) -> caf::result<host_infos_saved> {
      auto hosts = prepare_facts(x.host_infos);
      if (!hosts)
        return to_caf(hosts.error());
      auto store = self->state.store;
      auto rows = hosts->size();
      return write_for(
        store,
        foreign_promise<host_infos_saved>{self, of(who)},
        {},
        [who, of = meant_by(who, x.of_anybody), hosts = std::move(*hosts), now = store->now_ms()](
          storage::database& db) { return save(db, who, of, hosts, now); },
        rows);
    },
    [self](const caller& who, const host_infos_to_delete& x) -> caf::result<done> {
      auto store = self->state.store;
      return write_for(
        store,
        foreign_promise<done>{self, of(who)},
        {},
        [who, of = meant_by(who, x.of_anybody), ids = x.host_list, now = store->now_ms()](
          storage::database& db) -> expected<done> {
          if (auto gone = host_info_repository{db}.remove(of, ids); !gone)
            return fail(std::move(gone.error()));
          return audit(db, now, who, "host.info.delete", listed(ids)).map([] { return done{}; });
        },
        x.host_list.size());
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
