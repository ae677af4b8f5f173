#include "actors/store/tree_store.hpp"

#include "actors/store/once.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/core/fault/tree.hpp"
#include "runtime/io/storage/rule_repository.hpp"
#include "runtime/io/storage/tree_repository.hpp"

#include <caf/all.hpp>

#include <set>

namespace aops::actors {

namespace {

using tree_store_self = tree_store_actor::stateful_pointer<checked_state<tree_store_state>>;
using storage::tree_repository;

/// A tree that passed the legality check.
struct legal_tree {
  tree_to_import message;
  std::shared_ptr<const fault::tree> compiled;
};

std::string joined(const std::vector<std::string>& path) {
  std::string text;
  for (const auto& name : path)
    text += (text.empty() ? "" : " / ") + name;
  return text;
}

std::pair<trees_imported, std::vector<legal_tree>> judge(const trees_to_import& x) {
  trees_imported reply;
  std::vector<legal_tree> legal;
  for (const auto& tree : x.trees) {
    auto parsed = fault::tree::import_text(tree.tree_content.text);
    if (!parsed) {
      reply.fail_list.push_back(tree.tree_name);
      reply.fail_reasons[tree.tree_name] = parsed.error().detail;
      continue;
    }
    for (const auto& w : parsed->warnings())
      reply.warnings.push_back({tree.tree_name, joined(w.path), w.message});
    legal.push_back({tree, std::make_shared<const fault::tree>(std::move(*parsed))});
  }
  if (!reply.fail_list.empty())
    reply.code = legal.empty() ? outcome_of(ec::bad_request).return_code : code_partial;
  return {std::move(reply), std::move(legal)};
}

expected<trees_imported> import(storage::database& db,
                                const caller& who,
                                trees_imported reply,
                                const std::vector<legal_tree>& legal,
                                int64_t now_ms) {
  auto rules = storage::rule_repository{db}.of_owner(who.owner);
  if (!rules)
    return fail(rules.error());
  std::set<std::string> known;
  for (const auto& rule : rules->rules)
    known.insert(rule.check_item);
  tree_repository trees{db};
  std::vector<std::string> all;
  for (const auto& [message, compiled] : legal) {
    auto is_new = trees.upsert(who.owner, message, now_ms);
    if (!is_new)
      return fail(is_new.error());
    (*is_new ? reply.succeed_list : reply.update_list).push_back(message.tree_name);
    all.push_back(message.tree_name);
    // Items of an adaptive tree carry `{id}`: which rules they need depends on the host.
    for (const auto& w : compiled->items_without_rule([&](const std::string& item) {
           return item.find("{id}") != std::string::npos || known.contains(item);
         }))
      reply.warnings.push_back({message.tree_name, joined(w.path), w.message});
  }
  if (auto noted = audit(db, now_ms, who, "tree.import", listed(all), reply.code); !noted)
    return fail(noted.error());
  return reply;
}

} // namespace

tree_store_actor::behavior_type tree_store(tree_store_self self, store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const trees_to_import& x) -> caf::result<trees_imported> {
      auto store = self->state.store;
      auto [reply, legal] = judge(x);
      return write_for(
        store,
        foreign_promise<trees_imported>{self, of(who)},
        {},
        once(who,
             store->now_ms(),
             [who, reply = std::move(reply), legal = std::move(legal), now = store->now_ms()](
               storage::database& db) { return import(db, who, reply, legal, now); }),
        x.trees.size());
    },
    [self](const caller& who, const trees_query& q) -> caf::result<trees_found> {
      return read(self->state.store,
                  foreign_promise<trees_found>{self, of(who)},
                  [who, q](storage::database& db) {
                    return tree_repository{db}.list(who.owner, q.tree_list).map([](auto list) {
                      return trees_found{std::move(list)};
                    });
                  });
    },
    [self](const caller& who, const trees_to_delete& x) -> caf::result<done> {
      auto store = self->state.store;
      return write_for(
        store,
        foreign_promise<done>{self, of(who)},
        {},
        [who, x, now = store->now_ms()](storage::database& db) -> expected<done> {
          if (auto gone = tree_repository{db}.remove(who.owner, x.tree_list); !gone)
            return fail(gone.error());
          return audit(db, now, who, "tree.delete", listed(x.tree_list)).map([] { return done{}; });
        });
    },
    [self](const find_trees& x) -> caf::result<tree_contents> {
      return read(self->state.store,
                  foreign_promise<tree_contents>{self, {base::urgency::people, x.owner, {}}},
                  [x](storage::database& db) {
                    return tree_repository{db}.contents(x.owner, x.names).map([](auto list) {
                      return tree_contents{std::move(list)};
                    });
                  });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
