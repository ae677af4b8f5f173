#include "actors/remote/remote.hpp"

#include "actors/store/session_key.hpp"
#include "actors/support/ask_node.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/io/storage/account_repository.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

using full_remote_self = full_remote_actor::stateful_pointer<checked_state<remote_state>>;

constexpr std::chrono::seconds look_every{60};

/// Plays at once, and those that wait for their turn.
constexpr size_t most_plays = 4, most_waiting_plays = 64;

/// How long another node may take for what is done there: as long as its answer is awaited.
std::chrono::milliseconds patience_of(const remote_work& work, const base::ticket& awaited) {
  constexpr int64_t longest = std::chrono::milliseconds{remote_acting_patience}.count();
  if (awaited.due_ms == base::never_ms)
    return std::chrono::milliseconds{longest};
  return std::chrono::milliseconds{
    std::clamp<int64_t>(awaited.due_ms - work.store->time->steady_ms(), 1, longest)};
}

/// The key is in the memory of another node: what is asked for is done there. Or it is here and
/// nothing is sealed that it could open: it is done without.
template <class Reply, class Request, class Go>
void forward(full_remote_self self,
             const caller& who,
             const Request& x,
             const foreign_promise<Reply>& promise,
             Go go) {
  auto work = self->state.work;
  auto names = work->store->names;
  auto ask_there = [self, names, work, who, x, promise, go](const std::string& node) {
    if (node.empty())
      return promise.fail(ec::vault_key);
    if (node == self->state.node) {
      if (!work->worker->post([=] { go(work, who, key_ptr{}, x, promise); }))
        promise.fail(ec::overloaded, "too much is done on hosts");
      return;
    }
    ask_node<remote_actor>(
      self,
      *names,
      node,
      std::string{remote_name},
      patience_of(*work, promise.ticket()),
      [promise](expected<Reply> answer) { promise.answer(std::move(answer)); },
      who,
      x);
  };
  auto there = std::make_shared<const std::function<void(const std::string&)>>(ask_there);
  auto me = caf::actor_cast<full_remote_actor>(self);
  (void)on_pool(work->store, *work->store->readers, promise, [work, who, there, me, promise] {
    auto db = work->store->pool->read();
    auto node = db ? storage::account_repository{**db}.vault_node(who.session)
                   : expected<std::string>{fail(db.error())};
    if (!node)
      return promise.fail(std::move(node.error()));
    caf::anon_send(me, vault_located{who, std::move(*node), there});
  });
}

/// Calls `go(work, who, data_key, x, promise)` on the worker, here or on the node that has the key.
template <class Reply, class Request, class Go>
caf::result<Reply> with_key(full_remote_self self, const caller& who, const Request& x, Go go) {
  auto work = self->state.work;
  foreign_promise<Reply> promise{self, of(who)};
  auto opened = [self, work, who, x, promise, go](expected<opened_vault> vault) {
    if (!vault && vault.error() == ec::vault_key && !who.session.empty())
      return forward(self, who, x, promise, go);
    if (!vault)
      return promise.fail(std::move(vault.error()));
    auto run = [work, who, key = vault->data_key, x, promise, go] {
      go(work, who, key, x, promise);
    };
    if (!work->worker->post(run))
      promise.fail(ec::overloaded, "too much is done on hosts");
  };
  auto deadline = work->store->config->store.request_timeout.chrono();
  // A key that was not tried yet is tried by this question.
  return with_session_key(self, work->store, who, promise, [self, work, who, deadline, opened] {
    ask<full_vault_actor>(
      self, *work->store->names, vault_name, deadline, opened, who, vault_to_use{});
  });
}

/// One's own hosts only.
expected<void> check_name(const caller& who, const maybe<std::string>& username) {
  if (username && *username != who.user)
    return fail(ec::permission_denied, "username: is not one's own");
  return {};
}

/// The node where it runs knows.
caf::result<command_outputs>
read_output(full_remote_self self, const caller& who, const command_output_query& x) {
  auto work = self->state.work;
  auto node = live_outputs::node_of(x.execution_id);
  if (node == self->state.node || node.empty()) {
    auto found = work->outputs->read(x.execution_id, who.user, x.after.value_or(0));
    return found ? caf::result<command_outputs>{std::move(*found)} : to_caf(found.error());
  }
  foreign_promise<command_outputs> promise{self, of(who)};
  ask_node<remote_actor>(
    self,
    *work->store->names,
    node,
    std::string{remote_name},
    patience_of(*work, promise.ticket()),
    [promise](expected<command_outputs> answer) {
      if (!answer && answer.error() == ec::unreachable) // What it kept has gone with it.
        return promise.fail(ec::bad_request, "execution_id: its node is not there");
      promise.answer(std::move(answer));
    },
    who,
    x);
  return promise;
}

caf::result<allowed_commands> list_commands(const base::config& config) {
  auto known = commands_of(config);
  if (!known)
    return to_caf(known.error());
  allowed_commands out;
  for (auto& [name, x] : *known)
    out.commands.push_back({name, x.description, x.argv, x.args});
  return out;
}

/// Collects of an owner after the other what is due.
void collect_due(const remote_work_ptr& work,
                 std::shared_ptr<std::vector<open_vault>> vaults,
                 const std::function<void()>& done) {
  if (vaults->empty())
    return done();
  auto next = std::move(vaults->back());
  vaults->pop_back();
  refresh_due_facts(work, next.user, next.data_key, [work, vaults, done] {
    if (!work->worker->post([work, vaults, done] { collect_due(work, vaults, done); }))
      done();
  });
}

void look(full_remote_self self) {
  auto& st = self->state;
  if (st.is_collecting)
    return;
  auto work = st.work;
  auto me = caf::actor_cast<full_remote_actor>(self);
  auto then = [self, work, me](expected<open_vaults> open) {
    if (!open || open->vaults.empty())
      return;
    auto vaults = std::make_shared<std::vector<open_vault>>(std::move(open->vaults));
    auto done = [me] { caf::anon_send(me, due_facts_done{}); };
    self->state.is_collecting =
      work->worker->post([work, vaults, done] { collect_due(work, vaults, done); });
  };
  ask<full_vault_actor>(self,
                        *work->store->names,
                        vault_name,
                        work->store->config->store.request_timeout.chrono(),
                        then,
                        open_vaults_query{});
}

} // namespace

remote_state::~remote_state() {
  if (work)
    work->plays->stop();
}

full_remote_actor::behavior_type remote(full_remote_self self, remote_parts parts) {
  prepare(self);
  auto work = std::make_shared<remote_work>();
  work->store = std::move(parts.store);
  work->worker = std::move(parts.worker);
  work->plays =
    std::make_shared<short_plays>(parts.player, *work->store->time, most_plays, most_waiting_plays);
  work->outputs = std::make_shared<live_outputs>(parts.node);
  work->scan_keys = std::move(parts.scan_keys);
  self->state.work = work;
  self->state.node = std::move(parts.node);
  if (work->store->config->tasks.collect_facts.ms > 0)
    self->delayed_send(self, look_every, atom::tick_v);
  return {
    [](const vault_located& x) { (*x.forward)(x.node); },
    [self](const due_facts_done&) { self->state.is_collecting = false; },
    [self](atom::tick) {
      self->delayed_send(self, look_every, atom::tick_v);
      look(self);
    },
    [self](const caller& who, const host_infos_to_refresh& x) {
      return with_key<host_infos_refreshed>(self, who, x, refresh_facts);
    },
    [self](const caller& who, const configs_to_collect& x) -> caf::result<configs_collected> {
      if (auto fine = check_name(who, x.username); !fine)
        return to_caf(fine.error());
      return with_key<configs_collected>(self, who, x, collect_configs);
    },
    [self](const caller& who, const files_to_check& x) {
      return with_key<files_checked>(self, who, x, check_files);
    },
    [self](const caller& who, const configs_to_push& x) -> caf::result<configs_pushed> {
      if (auto fine = check_name(who, x.username); !fine)
        return to_caf(fine.error());
      return with_key<configs_pushed>(self, who, x, push_configs);
    },
    [self](const caller& who, const command_to_execute& x) {
      return with_key<command_executed>(self, who, x, execute_command);
    },
    [self](const caller& who, const command_output_query& x) { return read_output(self, who, x); },
    [self](const caller&, const commands_query&) {
      return list_commands(*self->state.work->store->config);
    },
    [self](const caller& who, const host_to_trust& x) -> caf::result<host_keys_shown> {
      foreign_promise<host_keys_shown> promise{self, of(who)};
      auto work = self->state.work;
      if (!work->worker->post([work, who, x, promise] { trust_host(work, who, x, promise); }))
        promise.fail(ec::overloaded, "too much is done on hosts");
      return promise;
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
