#include "actors/task/run_desk.hpp"

#include "actors/store/once.hpp"
#include "actors/support/prepare.hpp"
#include "actors/task/run_job.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/core/task/run_machine.hpp"
#include "runtime/core/task/settings.hpp"
#include "runtime/io/storage/account_repository.hpp"
#include "runtime/io/storage/deploy_task_repository.hpp"
#include "runtime/io/storage/run_repository.hpp"
#include "runtime/io/storage/template_repository.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

using base::urgency;
using storage::deploy_task_repository;
using storage::run_repository;

/// An error about one of a list.
tl::unexpected<error> of_item(std::string_view field, size_t i, error e) {
  e.detail = fmt::format("{}[{}]: {}", field, i, e.detail);
  return fail(std::move(e));
}

storage::new_run
run_of(const caller& who, std::string id, const task::run_plan& plan, int64_t now_ms) {
  storage::new_run out;
  auto& job = out.job;
  job.id = std::move(id);
  job.kind = deploy_kind_name();
  job.owner = who.owner;
  job.user = who.user;
  job.slot = schedule::slot_of(job.id);
  job.plan = task::text_of(plan);
  job.expected = task::run_machine{plan}.most_results();
  job.created_ms = now_ms;
  out.is_check = plan.is_check;
  for (const auto& x : plan.steps)
    out.steps.push_back(x.name);
  for (const auto& x : plan.hosts)
    out.hosts.push_back({x.id, x.name, x.first_step});
  // Of a run that is repeated no host may need the first steps any more.
  auto first = plan.steps.size();
  for (const auto& x : plan.hosts)
    first = std::min(first, static_cast<size_t>(x.first_step));
  for (size_t i = first; i < plan.steps.size(); ++i)
    if (!plan.steps[i].package.empty())
      out.packages.insert(plan.steps[i].package);
  return out;
}

/// The templates of a task, and how they say that they run.
expected<void> add_templates(storage::database& db,
                             const caller& who,
                             const std::string& task_id,
                             task::run_parts& parts) {
  auto frozen = storage::template_repository{db}.frozen_of(who.owner, task_id);
  if (!frozen)
    return fail(std::move(frozen.error()));
  parts.takes_only_these = !frozen->empty();
  for (auto& x : *frozen) {
    auto settings = task::read_settings(x.settings);
    if (!settings)
      return fail(std::move(settings.error()));
    task::run_template out;
    out.name = std::move(x.name);
    out.package = std::move(x.package);
    out.defaults = task::defaults_of(settings->parameters).dump();
    out.after = std::move(settings->after);
    out.timeout_ms = settings->timeout_ms;
    out.is_idempotent = settings->is_idempotent;
    parts.templates.push_back(std::move(out));
    parts.takes_only_these = parts.takes_only_these && settings->declares_parameters;
    for (auto& p : settings->parameters)
      parts.parameters.push_back(std::move(p));
  }
  return {};
}

/// What nobody may see is kept as the credentials of hosts are.
expected<void> seal_secrets(task::run_plan& plan,
                            const caller& who,
                            const std::string& run,
                            const secret_ptr& key) {
  if (plan.secret_vars.empty())
    return {};
  if (!key)
    return fail(ec::bad_request, "vars: secrets need the vault key");
  std::string nonce(vault::nonce_bytes, '\0');
  base::fill_random({reinterpret_cast<uint8_t*>(nonce.data()), nonce.size()});
  auto sealed = vault::seal(*key, who.owner, run, nonce, plan.secret_vars);
  if (!sealed)
    return fail(std::move(sealed.error()));
  plan.sealed_vars =
    base::to_hex({reinterpret_cast<const uint8_t*>(sealed->data()), sealed->size()});
  plan.sealed_for = run;
  plan.secret_vars.clear();
  return {};
}

expected<storage::new_run> plan_one(storage::database& db,
                                    const base::config& config,
                                    const caller& who,
                                    const deploy_tasks_to_execute& asked,
                                    const std::string& task_id,
                                    const std::string& run,
                                    const secret_ptr& key,
                                    int64_t now_ms) {
  auto task = deploy_task_repository{db}.to_run(who.owner, task_id);
  if (!task)
    return fail(std::move(task.error()));
  if (!*task)
    return fail(ec::bad_request, "no such task");
  if ((*task)->hosts.empty())
    return fail(ec::bad_request, "has no hosts");
  task::run_parts parts;
  parts.steps = (*task)->steps;
  parts.vars = (*task)->vars;
  parts.forks = config.tasks.forks;
  parts.step_timeout_ms = config.tasks.step_timeout.ms;
  parts.timeout_ms = config.tasks.timeout.ms;
  if (auto added = add_templates(db, who, task_id, parts); !added)
    return fail(std::move(added.error()));
  for (const auto& x : (*task)->hosts)
    parts.hosts.push_back({x.id, x.name, 0, {x.group}});
  auto plan = task::plan_run(parts, asked);
  if (!plan)
    return fail(std::move(plan.error()));
  if (auto sealed = seal_secrets(*plan, who, run, key); !sealed)
    return fail(std::move(sealed.error()));
  auto out = run_of(who, run, *plan, now_ms);
  out.task_id = task_id;
  out.task_name = (*task)->task_name;
  for (const auto& step : plan->steps)
    for (const auto& x : (*task)->templates)
      if (x.name == step.name) {
        out.templates.push_back({x.name, x.digest, {}});
        break;
      }
  return out;
}

/// Stores a run that was planned; what is wrong with it is about the i-th of a list.
expected<void> store_one(storage::database& db,
                         const expected<storage::new_run>& run,
                         std::string_view field,
                         size_t i) {
  auto stored = run ? run_repository{db}.create(*run) : expected<void>{fail(run.error())};
  if (!stored && stored.error() == ec::bad_request)
    return of_item(field, i, std::move(stored.error()));
  return stored;
}

expected<deploy_tasks_started> store_runs(storage::database& db,
                                          const base::config& config,
                                          const caller& who,
                                          const runs_to_store& x,
                                          int64_t now_ms) {
  deploy_tasks_started out;
  for (size_t i = 0; i < x.asked.task_list.size(); ++i) {
    auto run = plan_one(db, config, who, x.asked, x.asked.task_list[i], x.ids[i], x.key, now_ms);
    if (auto stored = store_one(db, run, "task_list", i); !stored)
      return fail(std::move(stored.error()));
    out.execution_id.push_back(x.ids[i]);
  }
  return audit(db, now_ms, who, "task.execute", listed(x.asked.task_list)).map([&] {
    return std::move(out);
  });
}

/// With which step each host of a run begins when it is repeated; negative: it ended well.
std::vector<int64_t> first_steps_of(const storage::run_to_repeat& was, size_t steps) {
  std::vector<int64_t> next(was.targets.size());
  for (size_t i = 0; i < next.size(); ++i)
    next[i] = was.targets[i].first_step;
  for (const auto& x : was.hosts)
    if (x.state == "ok" || x.state == "skipped")
      next[static_cast<size_t>(x.number)] =
        std::max(next[static_cast<size_t>(x.number)], x.step + 1);
  for (auto& step : next)
    if (step >= static_cast<int64_t>(steps))
      step = -1;
  return next;
}

expected<storage::new_run> plan_again(storage::database& db,
                                      const caller& who,
                                      const std::string& was,
                                      const std::string& run,
                                      int64_t now_ms) {
  auto before = run_repository{db}.to_repeat(who.owner, was);
  if (!before && before.error() == ec::not_found)
    return fail(ec::bad_request, "no such run");
  if (!before)
    return fail(std::move(before.error()));
  if (!storage::is_run_over(before->state))
    return fail(ec::bad_request, "has not ended");
  auto plan = task::run_plan_of(before->job.job.plan);
  if (!plan)
    return fail(std::move(plan.error()));
  auto again = task::retry_of(*plan, first_steps_of(*before, plan->steps.size()));
  if (again.hosts.empty())
    return fail(ec::bad_request, "all its hosts ended well");
  auto out = run_of(who, run, again, now_ms);
  out.task_id = before->task_id;
  out.task_name = before->task_name;
  out.retry_of = was;
  for (const auto& x : before->job.trees)
    out.templates.push_back({x.tree_name, x.digest, {}});
  return out;
}

expected<deploy_tasks_started>
store_retries(storage::database& db, const caller& who, const retries_to_store& x, int64_t now_ms) {
  deploy_tasks_started out;
  for (size_t i = 0; i < x.asked.execution_list.size(); ++i) {
    auto run = plan_again(db, who, x.asked.execution_list[i], x.ids[i], now_ms);
    if (auto stored = store_one(db, run, "execution_list", i); !stored)
      return fail(std::move(stored.error()));
    out.execution_id.push_back(x.ids[i]);
  }
  return audit(db, now_ms, who, "task.retry", listed(x.asked.execution_list)).map([&] {
    return std::move(out);
  });
}

std::string_view name_of(run_act x) {
  constexpr std::string_view names[] = {"stop", "pause", "approve", "resume"};
  return names[static_cast<size_t>(x)];
}

expected<std::string> act_on(storage::database& db,
                             const caller& who,
                             const act_on_runs& x,
                             const std::string& run,
                             int64_t now_ms) {
  run_repository runs{db};
  switch (x.what) {
  case run_act::stop:
  case run_act::pause:
    return runs.ask_to(who.owner, run, name_of(x.what), now_ms);
  case run_act::approve:
    return runs.approve(who.owner, run);
  case run_act::resume:
    return runs.resume(who.owner, run, x.decision, now_ms);
  }
  return std::string{};
}

expected<runs_acted_on>
act(storage::database& db, const caller& who, const act_on_runs& x, int64_t now_ms) {
  runs_acted_on out;
  for (const auto& run : x.runs) {
    auto why_not = act_on(db, who, x, run, now_ms);
    if (!why_not)
      return fail(std::move(why_not.error()));
    if (why_not->empty())
      out.accepted.push_back(run);
    else
      out.ignored.push_back({run, std::move(*why_not)});
  }
  if (!out.ignored.empty())
    out.code = out.accepted.empty() ? 1000 : 206;
  auto action = "task." + std::string{name_of(x.what)};
  return audit(db, now_ms, who, action, listed(x.runs), out.code).map([&] {
    return std::move(out);
  });
}

template <class Self, class Find>
caf::result<runs_found> find_runs(Self* self, Find find) {
  return read(self->state.store,
              foreign_promise<runs_found>{self, {urgency::jobs, {}, {}}},
              [find](storage::database& db) {
                return find(run_repository{db}).map([](std::vector<std::string> runs) {
                  return runs_found{std::move(runs)};
                });
              });
}

} // namespace

run_desk_actor::behavior_type
run_desk(run_desk_actor::stateful_pointer<checked_state<run_desk_state>> self, store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  constexpr size_t rows_of_run = 100;
  return {
    [self](const caller& who, const runs_to_store& x) -> caf::result<deploy_tasks_started> {
      auto store = self->state.store;
      auto work = [store, who, x, now = store->now_ms()](storage::database& db) {
        return store_runs(db, *store->config, who, x, now);
      };
      return write_for(store,
                       foreign_promise<deploy_tasks_started>{self, of(who)},
                       {},
                       once(who, store->now_ms(), std::move(work)),
                       rows_of_run * x.ids.size());
    },
    [self](const caller& who, const retries_to_store& x) -> caf::result<deploy_tasks_started> {
      auto store = self->state.store;
      auto work = [who, x, now = store->now_ms()](storage::database& db) {
        return store_retries(db, who, x, now);
      };
      return write_for(store,
                       foreign_promise<deploy_tasks_started>{self, of(who)},
                       {},
                       once(who, store->now_ms(), std::move(work)),
                       rows_of_run * x.ids.size());
    },
    [self](const caller& who, const act_on_runs& x) -> caf::result<runs_acted_on> {
      auto store = self->state.store;
      return write_for(
        store,
        foreign_promise<runs_acted_on>{self, of(who)},
        {},
        [who, x, now = store->now_ms()](storage::database& db) { return act(db, who, x, now); },
        x.runs.size());
    },
    [self](const key_holder_query& x) -> caf::result<key_holder> {
      return read(self->state.store,
                  foreign_promise<key_holder>{self, {urgency::people, {}, {}}},
                  [x](storage::database& db) {
                    return storage::account_repository{db}.vault_node(x.session).map(
                      [](std::string node) { return key_holder{std::move(node)}; });
                  });
    },
    [self](const keyless_runs_query& x) -> caf::result<runs_found> {
      return find_runs(self, [x](run_repository runs) { return runs.waiting_for_key(x.user); });
    },
    [self](const open_runs_query& x) -> caf::result<runs_found> {
      return find_runs(self, [x](run_repository runs) { return runs.open_among(x.runs, x.owner); });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
