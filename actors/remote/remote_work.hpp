#pragma once

#include "actors/remote/live_outputs.hpp"
#include "actors/remote/open_targets.hpp"
#include "actors/remote/short_plays.hpp"
#include "actors/store/store_access.hpp"
#include "messages/remote.hpp"
#include "runtime/base/log.hpp"
#include "runtime/core/task/allowed_commands.hpp"

namespace aops::actors {

/// What the work on hosts needs. Functions below block: they run on the worker, and answer later.
struct remote_work {
  store_ptr store;
  std::shared_ptr<executor> worker;
  std::shared_ptr<short_plays> plays;
  std::shared_ptr<live_outputs> outputs; ///< Of commands that are followed.
  /// The keys that SSH shows there.
  std::function<expected<std::vector<std::string>>(const std::string& address, int64_t port)>
    scan_keys;
};

/// Hosts of one play: what each tells is kept until its end.
inline constexpr size_t most_hosts_at_once = 100;

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

void check_files(const remote_work_ptr& work,
                 const caller& who,
                 const key_ptr& data_key,
                 const files_to_check& x,
                 const foreign_promise<files_checked>& promise);

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

/// An order of such a play, without its playbook, hosts and timeout.
ansible::play_order short_order(const remote_work& work, std::string_view what);

/// When what is done on hosts has to be over, on the steady clock: before its answer is no longer
/// awaited.
/// @param patience The longest that any answer of its kind is awaited.
int64_t
over_by(const remote_work& work, const base::ticket& awaited, std::chrono::milliseconds patience);

/// Runs a play on hosts, so many at a time, one play after the other.
/// @param seconds What its action takes on one host at most.
/// @param until_ms As `over_by` says.
/// @param take Gets what each of them told, @param end is called after the last.
/// @param tell Hears all events as they come.
void play_in_parts(const remote_work_ptr& work,
                   ansible::play_order order,
                   std::vector<ansible::target> hosts,
                   int64_t seconds,
                   int64_t until_ms,
                   std::function<void(play_told&)> take,
                   std::function<void()> end,
                   short_plays::on_events tell = {});

/// A command as it is run, for the log: that it was allowed says nothing of its arguments.
std::string described(const std::vector<std::string>& argv);

/// 200, 206 or, when nothing was done, `none`.
int64_t code_of(size_t done, size_t failed, int64_t none);

/// The last step of each: stores the keys that hosts have shown and a record in the log, and
/// answers. It was done: it is stored, too, when nobody waits for the answer any more.
/// @param detail For the record; arguments, for example.
/// @param then Gets the reply once all is stored.
template <class Reply, class Then>
void finish_and(const remote_work_ptr& remote,
                const caller& who,
                std::string action,
                std::string entity,
                std::string detail,
                std::vector<ansible::host_result> hosts,
                Reply reply,
                Then then) {
  auto now = remote->store->now_ms();
  // What a node does by itself, again and again, is not what somebody did.
  bool is_by_itself = who.session.empty() && who.address.empty() && !who.by_service;
  auto record = entry_of(who, now, action, reply.code);
  record.entity = std::move(entity);
  record.detail = std::move(detail);
  write(
    *remote->store,
    unawaited(base::urgency::people, who.owner),
    {},
    [now,
     is_by_itself,
     record = std::move(record),
     hosts = std::move(hosts),
     reply = std::move(reply)](storage::database& db) -> expected<Reply> {
      if (auto kept = keep_host_keys(db, hosts, now); !kept)
        return fail(std::move(kept.error()));
      if (!is_by_itself)
        if (auto noted = storage::audit_repository{db}.append(record); !noted)
          return fail(std::move(noted.error()));
      return reply;
    },
    [then, user = who.user, action](expected<Reply> x) {
      if (!x) // Perhaps nobody hears the answer.
        log::warn("remote-not-recorded", "{} of {}: {}", action, user, to_string(x.error()));
      then(std::move(x));
    });
}

template <class Reply>
void finish(const remote_work_ptr& remote,
            const caller& who,
            std::string action,
            std::string entity,
            std::string detail,
            std::vector<ansible::host_result> hosts,
            Reply reply,
            const foreign_promise<Reply>& promise) {
  finish_and(remote,
             who,
             std::move(action),
             std::move(entity),
             std::move(detail),
             std::move(hosts),
             std::move(reply),
             [promise](expected<Reply> x) { promise.answer(std::move(x)); });
}

} // namespace aops::actors
