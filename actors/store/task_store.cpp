#include "actors/store/task_store.hpp"

#include "actors/store/once.hpp"
#include "actors/store/task_parameters.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/core/task/steps.hpp"
#include "runtime/io/storage/deploy_task_repository.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using task_store_self = task_store_actor::stateful_pointer<checked_state<task_store_state>>;
using storage::deploy_task_repository;
using storage::new_deploy_task;

/// What is asked for as it is stored. Works on both requests, which share their members.
template <class Request>
expected<new_deploy_task>
prepare_task(const caller& who, const Request& x, std::string id, int64_t now_ms) {
  auto steps = task::steps_of(x.steps, x.template_name);
  if (!steps)
    return fail(std::move(steps.error()));
  auto vars = task::variables_of(x.vars);
  if (!vars)
    return fail(std::move(vars.error()));
  new_deploy_task out;
  out.id = std::move(id);
  out.owner = who.owner;
  out.user = who.user;
  out.task_name = x.task_name;
  out.description = x.description;
  out.templates = x.template_name;
  out.hosts = x.host_list.value_or(std::vector<std::string>{});
  out.groups = x.host_group_list.value_or(std::vector<std::string>{});
  out.steps = std::move(*steps);
  out.vars = std::move(*vars);
  out.created_ms = now_ms;
  return out;
}

template <class Request>
caf::result<deploy_task_generated>
generate(task_store_self self, const caller& who, const Request& x, std::string id) {
  auto store = self->state.store;
  auto now = store->now_ms();
  auto task = prepare_task(who, x, std::move(id), now);
  if (!task)
    return to_caf(task.error());
  auto rows = 1 + task->templates.size() + task->hosts.size() + task->groups.size();
  return write_for(store,
                   foreign_promise<deploy_task_generated>{self, of(who)},
                   {},
                   once(who,
                        now,
                        [who, task = std::move(*task), now](
                          storage::database& db) -> expected<deploy_task_generated> {
                          auto fit = check_kept_vars(db, task.owner, task.templates, task.vars);
                          if (!fit)
                            return fail(std::move(fit.error()));
                          if (auto added = deploy_task_repository{db}.add(task); !added)
                            return fail(std::move(added.error()));
                          return audit(db, now, who, "task.generate", task.id).map([&] {
                            return deploy_task_generated{task.id};
                          });
                        }),
                   rows);
}

} // namespace

expected<void> seed_default_task(storage::database& db, int64_t now_ms) {
  auto accounts = db.count("select count(*) from account");
  if (!accounts || *accounts > 0)
    return accounts.map([](int64_t) {});
  new_deploy_task x;
  x.id = default_task_id;
  x.owner = x.user = "admin";
  x.task_name = "Default deployment";
  x.description = "What aops and the programs around it are installed by.";
  x.steps = task::default_steps();
  x.created_ms = now_ms;
  auto added =
    storage::transact(db, [&](storage::database& to) { return deploy_task_repository{to}.add(x); });
  if (!added && added.error() == ec::conflict) // Another node was faster.
    return {};
  return added;
}

task_store_actor::behavior_type task_store(task_store_self self, store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who,
           const deploy_task_to_generate& x) -> caf::result<deploy_task_generated> {
      return generate(self, who, x, base::new_id(self->state.store->now_ms()));
    },
    [self](const caller& who, const deploy_task_to_add& x) -> caf::result<deploy_task_generated> {
      return generate(self, who, x, x.task_id);
    },
    [self](const caller& who, const deploy_tasks_query& q) -> caf::result<deploy_tasks_page> {
      return read(
        self->state.store,
        foreign_promise<deploy_tasks_page>{self, of(who)},
        [who, q](storage::database& db) { return deploy_task_repository{db}.page(who.owner, q); });
    },
    [self](const caller& who, const deploy_tasks_to_delete& x) -> caf::result<done> {
      auto store = self->state.store;
      return write_for(
        store,
        foreign_promise<done>{self, of(who)},
        {},
        [who, x, now = store->now_ms()](storage::database& db) -> expected<done> {
          if (auto gone = deploy_task_repository{db}.remove(who.owner, x.task_list); !gone)
            return fail(std::move(gone.error()));
          return audit(db, now, who, "task.delete", listed(x.task_list)).map([] { return done{}; });
        },
        x.task_list.size());
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
