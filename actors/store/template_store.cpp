#include "actors/store/template_store.hpp"

#include "actors/store/once.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/core/task/playbook.hpp"
#include "runtime/io/storage/template_repository.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using self_pointer = template_store_actor::stateful_pointer<checked_state<template_store_state>>;
using storage::template_repository;

expected<void> check(const template_to_import& x) {
  const auto& text = x.template_content.text;
  if (text.size() > task::most_template_bytes)
    return fail(
      ec::bad_request,
      fmt::format("template_content: must not be longer than {} bytes", task::most_template_bytes));
  auto content = base::parse_json(text);
  if (!content)
    return fail(ec::bad_request, "template_content: " + content.error().detail);
  return task::check_playbook(*content, "template_content");
}

} // namespace

template_store_actor::behavior_type template_store(self_pointer self, store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const template_to_import& x) -> caf::result<done> {
      if (auto fine = check(x); !fine)
        return to_caf(fine.error());
      auto store = self->state.store;
      return write_for(
        store,
        foreign_promise<done>{self, of(who)},
        {},
        once(who,
             store->now_ms(),
             [who, x, now = store->now_ms()](storage::database& db) -> expected<done> {
               if (auto added = template_repository{db}.add(who.owner, x, now); !added)
                 return fail(std::move(added.error()));
               return audit(db, now, who, "template.import", x.template_name).map([] {
                 return done{};
               });
             }),
        2);
    },
    [self](const caller& who, const templates_query& q) -> caf::result<templates_page> {
      return read(
        self->state.store,
        foreign_promise<templates_page>{self, of(who)},
        [who, q](storage::database& db) { return template_repository{db}.page(who.owner, q); });
    },
    [self](const caller& who, const templates_to_delete& x) -> caf::result<done> {
      auto store = self->state.store;
      return write_for(
        store,
        foreign_promise<done>{self, of(who)},
        {},
        [who, x, now = store->now_ms()](storage::database& db) -> expected<done> {
          if (auto gone = template_repository{db}.remove(who.owner, x.template_list); !gone)
            return fail(std::move(gone.error()));
          return audit(db, now, who, "template.delete", listed(x.template_list)).map([] {
            return done{};
          });
        },
        x.template_list.size());
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
