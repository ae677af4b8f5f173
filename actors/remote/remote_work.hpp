#pragma once

#include "actors/remote/open_targets.hpp"
#include "actors/remote/short_plays.hpp"
#include "actors/store/store_access.hpp"
#include "messages/remote.hpp"
#include "runtime/core/task/allowed_commands.hpp"

namespace aops::actors {

/// What the work on hosts needs. Functions below block: they run on the worker, and answer later.
struct remote_work {
  store_ptr store;
  std::shared_ptr<executor> worker;
  std::shared_ptr<short_plays> plays;
};

using remote_work_ptr = std::shared_ptr<const remote_work>;
using key_ptr = std::shared_ptr<const vault::secret_bytes>;

/// @param data_key Of the caller's owner; null: nothing of his is sealed.
void refresh_facts(const remote_work_ptr& work,
                   const caller& who,
                   const key_ptr& data_key,
                   const host_infos_to_refresh& x,
                   const foreign_promise<host_infos_refreshed>& promise);

/// Facts of hosts of an owner that are due; `done` is called at the end.
void refresh_due_facts(const remote_work_ptr& work,
                       const std::string& owner,
                       const key_ptr& data_key,
                       std::function<void()> done);

void collect_configs(const remote_work_ptr& work,
                     const caller& who,
                     const key_ptr& data_key,
                     const configs_to_collect& x,
                     const foreign_promise<configs_collected>& promise);

void push_configs(const remote_work_ptr& work,
                  const caller& who,
                  const key_ptr& data_key,
                  const configs_to_push& x,
                  const foreign_promise<configs_pushed>& promise);

void execute_command(const remote_work_ptr& work,
                     const caller& who,
                     const key_ptr& data_key,
                     const command_to_execute& x,
                     const foreign_promise<command_executed>& promise);

void trust_host(const remote_work_ptr& work,
                const caller& who,
                const host_to_trust& x,
                const foreign_promise<host_keys_shown>& promise);

/// The commands of `tasks.commands` as they are now. ec::task_failed with the file and what is
/// wrong.
expected<task::known_commands> commands_of(const base::config& config);

// -- for those above

/// Opens hosts. ec::bad_request with `name(i)` when the i-th is unknown.
expected<opened_targets> open_known(const remote_work& work,
                                    const caller& who,
                                    const key_ptr& data_key,
                                    const std::vector<std::string>& ids,
                                    const std::function<std::string(size_t)>& name);

/// An order of such a play, without its playbook.
ansible::play_order short_order(const remote_work& work, std::string_view what);

/// 200, 206 or, when nothing was done, `none`.
int64_t code_of(size_t done, size_t failed, int64_t none);

/// The last step of each: stores `work(database&) -> expected<void>` with the keys that hosts have
/// shown and a record in the log, and answers.
template <class Reply, class Work>
void finish(const remote_work_ptr& remote,
            const caller& who,
            std::string action,
            std::string entity,
            std::vector<ansible::host_result> hosts,
            Reply reply,
            const foreign_promise<Reply>& promise,
            Work work) {
  auto now = remote->store->now_ms();
  write(
    *remote->store,
    remote->store->bounded(promise.ticket()),
    {},
    [who,
     now,
     action = std::move(action),
     entity = std::move(entity),
     hosts = std::move(hosts),
     reply = std::move(reply),
     work = std::move(work)](storage::database& db) -> expected<Reply> {
      if (auto kept = keep_host_keys(db, hosts, now); !kept)
        return fail(std::move(kept.error()));
      if (auto done = work(db); !done)
        return fail(std::move(done.error()));
      if (auto noted = audit(db, now, who, action, entity, reply.code); !noted)
        return fail(std::move(noted.error()));
      return reply;
    },
    [promise](expected<Reply> x) { promise.answer(std::move(x)); });
}

} // namespace aops::actors
