#include "actors/store/rule_store.hpp"

#include "actors/store/host_store.hpp"
#include "actors/store/once.hpp"
#include "actors/support/ask_message.hpp"
#include "actors/support/prepare.hpp"
#include "actors/support/tell_changed.hpp"
#include "runtime/base/near_name.hpp"
#include "runtime/core/check/rule_limits.hpp"
#include "runtime/core/check/series_knowledge.hpp"
#include "runtime/io/storage/rule_repository.hpp"
#include "runtime/io/storage/series_repository.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <set>

namespace aops::actors {

namespace {

using rule_store_self = rule_store_actor::stateful_pointer<checked_state<rule_store_state>>;
using storage::rule_repository;

/// Splits a request into what may be stored and what is refused.
std::pair<rules_imported, std::vector<check_rule>> judge(const rules_to_import& x,
                                                         const store_access& store) {
  auto limits = check::limits_of(*store.config);
  rules_imported reply;
  std::vector<check_rule> legal;
  for (const auto& rule : x.check_items) {
    auto fine = check::validate(rule, limits);
    auto why = fine ? store.why_no_rule(rule) : fine.error().detail;
    if (why.empty()) {
      legal.push_back(rule);
    } else {
      reply.fail_list.push_back(rule.check_item);
      reply.fail_reasons[rule.check_item] = std::move(why);
    }
  }
  return {std::move(reply), std::move(legal)};
}

/// Refuses the rules that name a group which the owner does not have.
expected<std::vector<check_rule>> of_known_groups(storage::database& db,
                                                  const std::string& owner,
                                                  const std::vector<check_rule>& rules,
                                                  rules_imported& reply) {
  auto names = rule_repository{db}.host_groups(owner);
  if (!names)
    return fail(std::move(names.error()));
  names->emplace_back(default_group); // Is made with its first host.
  std::vector<std::string_view> known(names->begin(), names->end());
  std::vector<check_rule> fine;
  for (const auto& rule : rules) {
    auto groups = rule.host_group_list.value_or(std::vector<std::string>{});
    auto unknown = std::find_if(groups.begin(), groups.end(), [&](const std::string& name) {
      return std::find(known.begin(), known.end(), name) == known.end();
    });
    if (unknown == groups.end()) {
      fine.push_back(rule);
      continue;
    }
    reply.fail_list.push_back(rule.check_item);
    reply.fail_reasons[rule.check_item] = fmt::format(
      "host_group_list: no group '{}'{}", *unknown, base::did_you_mean(*unknown, known));
  }
  return fine;
}

expected<rules_imported> import(storage::database& db,
                                const caller& who,
                                rules_imported reply,
                                const std::vector<check_rule>& legal,
                                int64_t now_ms) {
  auto fine = of_known_groups(db, who.owner, legal, reply);
  if (!fine)
    return fail(std::move(fine.error()));
  if (!reply.fail_list.empty())
    reply.code = fine->empty() ? outcome_of(ec::bad_request).return_code : code_partial;
  rule_repository rules{db};
  for (const auto& rule : *fine) {
    auto is_new = rules.upsert(who.owner, rule, now_ms);
    if (!is_new)
      return fail(is_new.error());
    (*is_new ? reply.succeed_list : reply.update_list).push_back(rule.check_item);
  }
  auto all = reply.succeed_list;
  all.insert(all.end(), reply.update_list.begin(), reply.update_list.end());
  if (auto noted = audit(db, now_ms, who, "rule.import", listed(all), reply.code); !noted)
    return fail(noted.error());
  return reply;
}

expected<stored_series_known> look_for(storage::database& db, const stored_series_query& q) {
  std::set<std::string> names;
  for (const auto& item : q.items)
    names.insert(item.name);
  auto found = storage::series_repository{db}.look(q.owner, {names.begin(), names.end()});
  if (!found)
    return fail(std::move(found.error()));
  check::series_catalogue known;
  for (const auto& name : found->names)
    known.add_name(name);
  for (const auto& x : found->series)
    known.add(x.name, x.label);
  stored_series_known out{found->hosts, found->is_all, std::move(found->online), {}};
  for (const auto& item : q.items)
    out.items.push_back(known.about(item));
  return out;
}

/// On every node.
void tell_hosts(const store_access& store, const std::string& owner) {
  tell_all_nodes(*store.names, std::string{hosts_name}, caf::make_message(rules_changed{owner}));
  tell_changed(*store.names, bit_of(followed_list::rules));
}

} // namespace

rule_store_actor::behavior_type rule_store(rule_store_self self, store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const rules_to_import& x) -> caf::result<rules_imported> {
      auto store = self->state.store;
      foreign_promise<rules_imported> promise{self, of(who)};
      auto [reply, legal] = judge(x, *store);
      write(
        *store,
        store->bounded(promise.ticket()),
        {},
        once(who,
             store->now_ms(),
             [who, reply = std::move(reply), legal = std::move(legal), now = store->now_ms()](
               storage::database& db) { return import(db, who, reply, legal, now); }),
        [store, promise, owner = who.owner](expected<rules_imported> done) {
          if (done && !(done->succeed_list.empty() && done->update_list.empty()))
            tell_hosts(*store, owner);
          promise.answer(std::move(done));
        },
        x.check_items.size());
      return promise;
    },
    [self](const caller& who, const rules_query& q) -> caf::result<rules_page> {
      return read(
        self->state.store,
        foreign_promise<rules_page>{self, of(who)},
        [who, q](storage::database& db) { return rule_repository{db}.page(who.owner, q); });
    },
    [self](const caller& who, const rules_to_delete& x) -> caf::result<done> {
      auto store = self->state.store;
      foreign_promise<done> promise{self, of(who)};
      write(
        *store,
        store->bounded(promise.ticket()),
        {},
        [who, x, now = store->now_ms()](storage::database& db) -> expected<int64_t> {
          auto gone = rule_repository{db}.remove(who.owner, x.check_items, now);
          if (!gone)
            return gone;
          if (auto noted = audit(db, now, who, "rule.delete", listed(x.check_items)); !noted)
            return fail(noted.error());
          return gone;
        },
        [store, promise, owner = who.owner](expected<int64_t> gone) {
          if (gone && *gone > 0)
            tell_hosts(*store, owner);
          promise.answer(gone.map([](int64_t) { return done{}; }));
        },
        x.check_items.size());
      return promise;
    },
    [self](const caller& who, const count_rules&) -> caf::result<rules_counted> {
      return read(self->state.store,
                  foreign_promise<rules_counted>{self, of(who)},
                  [who](storage::database& db) {
                    return rule_repository{db}.count(who.owner).map(
                      [](int64_t n) { return rules_counted{n}; });
                  });
    },
    [self](const get_owner_rules& x) -> caf::result<owner_rules> {
      return read(self->state.store,
                  foreign_promise<owner_rules>{self, {base::urgency::live, x.owner, {}}},
                  [x](storage::database& db) { return rule_repository{db}.of_owner(x.owner); });
    },
    [self](const stored_series_query& x) -> caf::result<stored_series_known> {
      return read(self->state.store,
                  foreign_promise<stored_series_known>{self, {base::urgency::people, x.owner, {}}},
                  [x](storage::database& db) { return look_for(db, x); });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
