#include "actors/task/run_intake.hpp"

#include "actors/jobs/job_intake.hpp"
#include "actors/region/region_steps.hpp"
#include "actors/store/vault_keeper.hpp"
#include "actors/support/ask_node.hpp"
#include "actors/support/prepare.hpp"
#include "actors/task/run_desk.hpp"
#include "actors/task/run_keys.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/core/task/run_plan.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

using run_intake_self = run_intake_actor::stateful_pointer<checked_state<run_intake_state>>;
using runs = std::vector<std::string>;

constexpr std::chrono::seconds peer_patience{3};

runs new_ids(const run_intake_state& st, size_t count) {
  runs out;
  for (size_t i = 0; i < count; ++i)
    out.push_back(base::new_id(st.services->clock->now_ms()));
  return out;
}

/// Whether nobody could have entered a key for it: it waits for one, then.
bool is_of_schedule(const caller& who) {
  return who.session.empty() && who.repeatable.key.starts_with("schedule:");
}

// -- keys

/// What is wrong with what was asked is about the runs or tasks that it named.
error about(std::string_view field, error e) {
  if (e == ec::bad_request)
    e.detail = std::string{field} + ": " + e.detail;
  return e;
}

/// The key that the caller's session has opened, on whichever node.
void find_key(run_intake_self self,
              const caller& who,
              std::function<void(expected<secret_ptr>)> then) {
  const auto& services = *self->state.services;
  auto ask_holder = [self, who, then](const std::string& node) {
    auto lent = [then](expected<session_key_lent> x) {
      if (!x)
        return then(expected<secret_ptr>{
          fail(x.error() == ec::bad_request ? x.error() : error{ec::vault_key, {}})});
      then(expected<secret_ptr>{std::make_shared<vault::secret_bytes>(std::move(x->key.text))});
    };
    ask_node<vault_lender_actor>(self,
                                 *self->state.services->names,
                                 node,
                                 std::string{vault_name},
                                 peer_patience,
                                 lent,
                                 session_key_to_lend{who.session});
  };
  auto located = [then, ask_holder](const expected<key_holder>& x) {
    if (!x || x->node.empty())
      return then(expected<secret_ptr>{fail(ec::vault_key)});
    ask_holder(x->node);
  };
  auto here = [self, who, then, located](expected<opened_vault> x) {
    if (x)
      return then(expected<secret_ptr>{x->data_key});
    if (x.error() == ec::bad_request) // Nothing is sealed.
      return then(expected<secret_ptr>{fail(x.error())});
    if (who.session.empty())
      return then(expected<secret_ptr>{fail(ec::vault_key)});
    ask_here<run_desk_actor>(
      self, *self->state.services, run_desk_name, located, key_holder_query{who.session});
  };
  // What was typed before anything was sealed is tried first.
  auto tried = [self, who, then, here](const expected<done>& x) {
    if (!x)
      return then(expected<secret_ptr>{fail(x.error())});
    ask_here<full_vault_actor>(self, *self->state.services, vault_name, here, who, vault_to_use{});
  };
  if (who.session.empty())
    ask_here<vault_actor>(self, services, vault_name, tried, user_key_query{who.user});
  else
    ask_here<vault_actor>(self, services, vault_name, tried, who, session_key_query{});
}

/// Brings the key to the owners of runs, then goes on: a run whose owner did not get it waits for
/// it.
void hand_over(run_intake_self self,
               const secret_ptr& key,
               const runs& ids,
               std::function<void()> then) {
  if (!key || ids.empty())
    return then();
  auto one_less = after_all(ids.size(), std::move(then));
  for (const auto& id : ids)
    ask_entity<run_keys_actor>(
      self,
      *self->state.services->names,
      id,
      std::string{run_keys_name},
      peer_patience,
      [one_less](const expected<done>&) { one_less(); },
      run_key{id, sealed_text{std::string{key->view()}}});
}

// -- owners

/// Tells an actor of who owns the run.
template <class Role, class News>
void tell_owner(run_intake_self self, const std::string& run, std::string_view name, News news) {
  const auto& services = *self->state.services;
  if (services.slots->owns(schedule::slot_of(run)))
    tell<Role>(*services.names, name, std::move(news));
  else
    tell_entity(*services.names, run, std::string{name}, caf::make_message(std::move(news)));
}

/// They look at these now.
void tell_owners(run_intake_self self, const runs& ids) {
  for (const auto& id : ids)
    tell_owner<jobs_actor>(self, id, jobs_name, jobs_added{{id}});
}

/// Keys of runs that are not there.
void wipe_keys(run_intake_self self, const runs& ids) {
  for (const auto& id : ids)
    tell_owner<run_keys_actor>(self, id, run_keys_name, run_key_to_wipe{id});
}

/// Those of the ids that got no run; none where that is not known.
runs without_run(const runs& ids, const expected<deploy_tasks_started>& x) {
  const bool is_unknown = !x && (x.error() == ec::timed_out || x.error() == ec::store_unreachable);
  runs out;
  for (const auto& id : ids)
    if (!is_unknown && (!x || std::find(x->execution_id.begin(), x->execution_id.end(), id) ==
                                x->execution_id.end()))
      out.push_back(id);
  return out;
}

/// Has the store do what makes runs, and starts them.
template <class Order>
caf::result<deploy_tasks_started>
start(run_intake_self self, const caller& who, const Order& order) {
  auto promise = self->template make_response_promise<deploy_tasks_started>();
  auto stored = [self, promise, ids = order.ids](expected<deploy_tasks_started> x) mutable {
    wipe_keys(self, without_run(ids, x)); // One that came before was answered with other ids.
    if (!x)
      return void(promise.deliver(to_caf(x.error())));
    tell_owners(self, x->execution_id);
    promise.deliver(std::move(*x));
  };
  auto with_key = [self, who, order, promise, stored](expected<secret_ptr> key) mutable {
    if (!key && !(key.error() == ec::vault_key && is_of_schedule(who)))
      return void(promise.deliver(to_caf(about(Order::field, key.error()))));
    auto with = order;
    if constexpr (requires { with.key; })
      with.key = key.value_or(secret_ptr{});
    hand_over(self, key.value_or(secret_ptr{}), order.ids, [self, who, order = with, stored] {
      ask_here<run_desk_actor>(self, *self->state.services, run_desk_name, stored, who, order);
    });
  };
  find_key(self, who, with_key);
  return promise;
}

caf::result<runs_acted_on> act(run_intake_self self, const caller& who, const act_on_runs& order) {
  auto promise = self->make_response_promise<runs_acted_on>();
  auto acted = [self, promise, what = order.what](expected<runs_acted_on> x) mutable {
    if (!x)
      return void(promise.deliver(to_caf(x.error())));
    if (what == run_act::approve || what == run_act::resume)
      tell_owners(self, x->accepted);
    promise.deliver(std::move(*x));
  };
  ask_here<run_desk_actor>(self, *self->state.services, run_desk_name, acted, who, order);
  return promise;
}

/// The same for what lets a run go on: who runs it gets the key first. The key opens what is sealed
/// of the caller's, so it goes with his own runs only, whatever ids he names.
caf::result<runs_acted_on>
act_with_key(run_intake_self self, const caller& who, const act_on_runs& order) {
  auto promise = self->make_response_promise<runs_acted_on>();
  auto acted = [self, promise](expected<runs_acted_on> x) mutable {
    if (!x)
      return void(promise.deliver(to_caf(x.error())));
    tell_owners(self, x->accepted);
    promise.deliver(std::move(*x));
  };
  auto with_key = [self, who, order, promise, acted](const expected<secret_ptr>& key) mutable {
    if (!key)
      return void(promise.deliver(to_caf(about("execution_list", key.error()))));
    auto go_on = [self, who, order, acted] {
      ask_here<run_desk_actor>(self, *self->state.services, run_desk_name, acted, who, order);
    };
    auto known = [self, promise, go_on, key = *key](const expected<runs_found>& his) mutable {
      if (!his)
        return void(promise.deliver(to_caf(his.error())));
      hand_over(self, key, his->runs, go_on);
    };
    ask_here<run_desk_actor>(
      self, *self->state.services, run_desk_name, known, open_runs_query{order.runs, who.owner});
  };
  find_key(self, who, with_key);
  return promise;
}

/// What waits for the key goes on by itself.
void let_go_on(run_intake_self self, const caller& who) {
  auto found = [self, who](const expected<runs_found>& x) {
    if (!x || x->runs.empty())
      return;
    act_with_key(self, who, act_on_runs{run_act::resume, x->runs, {}});
  };
  ask_here<run_desk_actor>(
    self, *self->state.services, run_desk_name, found, keyless_runs_query{who.user});
}

} // namespace

run_intake_actor::behavior_type run_intake(run_intake_self self, job_services_ptr services) {
  prepare(self);
  self->state.services = std::move(services);
  return {
    [self](const caller& who,
           const deploy_tasks_to_execute& x) -> caf::result<deploy_tasks_started> {
      if (auto fine = task::check_run_options(x); !fine)
        return to_caf(fine.error());
      return start(self, who, runs_to_store{x, new_ids(self->state, x.task_list.size())});
    },
    [self](const caller& who, const runs_to_retry& x) -> caf::result<deploy_tasks_started> {
      return start(self, who, retries_to_store{x, new_ids(self->state, x.execution_list.size())});
    },
    [self](const caller& who, const runs_to_stop& x) {
      return act(self, who, {run_act::stop, x.execution_list, {}});
    },
    [self](const caller& who, const runs_to_pause& x) {
      return act(self, who, {run_act::pause, x.execution_list, {}});
    },
    [self](const caller& who, const runs_to_approve& x) {
      return act_with_key(self, who, {run_act::approve, x.execution_list, {}});
    },
    [self](const caller& who, const runs_to_resume& x) {
      return act_with_key(self, who, {run_act::resume, x.execution_list, x.decision.value_or("")});
    },
    [self](const caller& who, const vault_opened&) { let_go_on(self, who); },
    [](atom::ping) {},
  };
}

child_spec run_intake_tree(const job_services_ptr& services) {
  child_spec keys;
  keys.name = run_keys_name;
  keys.start = spawns(run_keys, services);
  child_spec intake;
  intake.name = run_intake_name;
  intake.start = spawns(run_intake, services);
  supervisor_config c;
  c.name = "jobs/runs";
  c.names = services->names;
  return supervised(std::move(c), {std::move(keys), std::move(intake)});
}

} // namespace aops::actors
