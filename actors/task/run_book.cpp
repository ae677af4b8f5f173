#include "actors/task/run_book.hpp"

#include "actors/store/package_folder.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/json_values.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using base::urgency;
using storage::run_repository;

/// Opens the variables that nobody may see: plays have them, events do not.
expected<void> add_secrets(ansible::play_order& order, const play_to_start& x) {
  auto sealed = base::from_hex(x.sealed_vars);
  if (!sealed)
    return fail(std::move(sealed.error()));
  auto plain = vault::unseal(*x.key, x.owner, x.sealed_for, *sealed);
  if (!plain)
    return fail(std::move(plain.error()));
  using base::json;
  auto vars = json::parse(order.vars, nullptr, false);
  auto hidden = json::parse(plain->view(), nullptr, false);
  if (!vars.is_object() || !hidden.is_object())
    return fail(ec::corrupt, "the variables of a run");
  for (const auto& [name, value] : hidden.items()) {
    vars[name] = value;
    order.secrets.push_back(
      sealed_text{value.is_string() ? value.get<std::string>() : value.dump()});
  }
  order.vars = vars.dump(-1, ' ', false, json::error_handler_t::replace);
  return {};
}

expected<opened_targets> open(const run_book_parts& parts, const play_to_start& x) {
  auto db = parts.store->pool->read();
  return db ? parts.open(**db, x.owner, *x.key, x.hosts)
            : expected<opened_targets>{fail(std::move(db.error()))};
}

/// Blocks: for a thread of a pool.
expected<play_started> start(const run_book_parts& parts, const play_to_start& x) {
  if (!parts.player)
    return fail(ec::task_failed, "this node runs no playbooks");
  auto opened = open(parts, x);
  if (!opened)
    return fail(std::move(opened.error()));
  auto& targets = opened->targets;
  play_started out{{}, std::move(opened->closed)};
  if (targets.empty())
    return out;
  auto order = x.order;
  if (x.ends_remnants) {
    auto remnants = ansible::remnants_order(order.run, std::move(targets));
    if (!remnants)
      return fail(std::move(remnants.error()));
    order = std::move(*remnants);
  } else {
    if (!x.sealed_vars.empty())
      if (auto added = add_secrets(order, x); !added)
        return fail(std::move(added.error()));
    if (!x.package.empty()) {
      auto folder = package_folder(*parts.store, x.package);
      if (!folder)
        return fail(std::move(folder.error()));
      order.package = std::move(folder->path);
      order.package_hold = std::move(folder->hold);
    }
    order.hosts = std::move(targets);
  }
  auto play = parts.player->start(std::move(order), x.happened, x.ended);
  if (!play)
    return fail(std::move(play.error()));
  out.play = std::move(*play);
  return out;
}

} // namespace

run_book_actor::behavior_type
run_book(run_book_actor::stateful_pointer<checked_state<run_book_state>> self,
         run_book_parts parts) {
  prepare(self);
  self->state.parts = std::move(parts);
  static const purpose of_jobs{urgency::jobs, {}, {}};
  return {
    [self](const run_to_load& x) -> caf::result<storage::stored_run> {
      return read(self->state.parts.store,
                  foreign_promise<storage::stored_run>{self, of_jobs},
                  [x](storage::database& db) { return run_repository{db}.load(x.run); });
    },
    [self](const storage::run_change& x) -> caf::result<storage::run_after> {
      auto rows = 1 + x.hosts.size() + x.steps.size() + x.events.size();
      return write_for(
        self->state.parts.store,
        foreign_promise<storage::run_after>{self, of_jobs},
        x.held,
        [x](storage::database& db) { return run_repository{db}.change(x); },
        rows);
    },
    [self](const hosts_to_look_at& x) -> caf::result<storage::run_lock_answer> {
      return read(self->state.parts.store,
                  foreign_promise<storage::run_lock_answer>{self, of_jobs},
                  [x](storage::database& db) {
                    return run_repository{db}.look_at_hosts(x.run, x.is_shared);
                  });
    },
    [self](const hosts_to_take& x) -> caf::result<storage::run_lock_answer> {
      return write_for(
        self->state.parts.store,
        foreign_promise<storage::run_lock_answer>{self, of_jobs},
        x.held,
        [x](storage::database& db) { return run_repository{db}.take_hosts(x.run, x.is_shared); });
    },
    [self](const run_to_glance_at& x) -> caf::result<storage::run_after> {
      return read(self->state.parts.store,
                  foreign_promise<storage::run_after>{self, of_jobs},
                  [x](storage::database& db) { return run_repository{db}.glance(x.run); });
    },
    [self](const play_to_start& x) -> caf::result<play_started> {
      const auto& parts = self->state.parts;
      foreign_promise<play_started> promise{self, of_jobs};
      return on_pool(parts.store, *parts.store->readers, promise, [parts, x, promise] {
        promise.answer(start(parts, x));
      });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
