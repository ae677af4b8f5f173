#include "actors/store/template_store.hpp"

#include "actors/store/once.hpp"
#include "actors/store/shipped_templates.hpp"
#include "actors/store/template_reading.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/core/task/line_diff.hpp"
#include "runtime/io/storage/template_repository.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using template_store_self =
  template_store_actor::stateful_pointer<checked_state<template_store_state>>;
using storage::package_repository;
using storage::template_repository;

/// The package that a request names, if any.
expected<std::optional<storage::package_ref>>
package_of(storage::database& db, const caller& who, const template_to_import& x) {
  if (!x.package_name)
    return std::optional<storage::package_ref>{};
  return package_repository{db}
    .find(who.owner, *x.package_name, x.package_version.value_or(""))
    .map([](storage::package_ref found) { return std::optional{std::move(found)}; });
}

expected<read_template>
read_whole(storage::database& db, const caller& who, const template_to_import& x) {
  auto package = package_of(db, who, x);
  if (!package)
    return fail(std::move(package.error()));
  return read_playbook(x, *package ? &**package : nullptr);
}

expected<read_template>
read_whole(storage::database& db, const caller& who, const template_package_to_import& x) {
  auto package = package_repository{db}.find(who.owner, x.package_name, x.version.value_or(""));
  if (!package)
    return fail(std::move(package.error()));
  return read_package(x, *package);
}

/// Reads and judges on a reading connection, which takes its time, then writes.
template <class Request>
caf::result<template_imported>
import(template_store_self self, const caller& who, const Request& x) {
  auto store = self->state.store;
  foreign_promise<template_imported> promise{self, of(who)};
  return on_pool(store, *store->readers, promise, [store, who, x, promise] {
    auto db = store->pool->read();
    auto made = db ? read_whole(**db, who, x) : expected<read_template>{fail(db.error())};
    if (!made) {
      promise.fail(std::move(made.error()));
      return;
    }
    made->row.user = who.user;
    auto now = store->now_ms();
    write_for(store,
              promise,
              {},
              once(who,
                   now,
                   [who, now, made = std::move(*made)](
                     storage::database& to) -> expected<template_imported> {
                     auto version = template_repository{to}.add(who.owner, made.row, now);
                     if (!version)
                       return fail(std::move(version.error()));
                     return audit(to, now, who, "template.import", made.row.name).map([&] {
                       return template_imported{made.row.name, *version, made.warnings};
                     });
                   }),
              2);
  });
}

expected<template_diff>
compare(storage::database& db, const caller& who, const template_diff_query& q) {
  storage::snapshot view{db};
  if (!view)
    return fail(view.error());
  template_repository templates{db};
  auto to = templates.whole(who.owner, q.template_name, q.to.value_or(0));
  if (!to)
    return fail(std::move(to.error()));
  if (!*to)
    return fail(ec::bad_request, q.to ? "to: no such version" : "template_name: no such template");
  auto number = q.from.value_or(std::max<int64_t>((*to)->version - 1, 1));
  auto from = templates.whole(who.owner, q.template_name, number);
  if (!from)
    return fail(std::move(from.error()));
  if (!*from)
    return fail(ec::bad_request, "from: no such version");
  auto name = [&](const storage::whole_template& x) {
    return fmt::format("{} version {}", q.template_name, x.version);
  };
  return template_diff{
    (*from)->version,
    (*to)->version,
    task::line_diff(comparable(**from), comparable(**to), name(**from), name(**to))};
}

} // namespace

template_store_actor::behavior_type template_store(template_store_self self, store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const template_to_import& x) { return import(self, who, x); },
    [self](const caller& who, const template_package_to_import& x) { return import(self, who, x); },
    [self](const caller& who,
           const shipped_templates_to_import& x) -> caf::result<shipped_templates_imported> {
      auto store = self->state.store;
      return write_for(
        store,
        foreign_promise<shipped_templates_imported>{self, of(who)},
        {},
        [who, x, now = store->now_ms()](
          storage::database& db) -> expected<shipped_templates_imported> {
          auto given = give_shipped_templates(db, who.owner, who.user, x.template_list, now);
          if (!given)
            return given;
          return audit(db, now, who, "template.import", listed(given->imported)).map([&] {
            return std::move(*given);
          });
        },
        64);
    },
    [self](const caller& who, const templates_query& q) -> caf::result<templates_page> {
      return read(
        self->state.store,
        foreign_promise<templates_page>{self, of(who)},
        [who, q](storage::database& db) { return template_repository{db}.page(who.owner, q); });
    },
    [self](const caller& who,
           const template_versions_query& q) -> caf::result<template_versions_page> {
      return read(
        self->state.store,
        foreign_promise<template_versions_page>{self, of(who)},
        [who, q](storage::database& db) { return template_repository{db}.versions(who.owner, q); });
    },
    [self](const caller& who, const template_diff_query& q) -> caf::result<template_diff> {
      return read(self->state.store,
                  foreign_promise<template_diff>{self, of(who)},
                  [who, q](storage::database& db) { return compare(db, who, q); });
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
