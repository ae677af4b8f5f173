#pragma once

#include "messages/describe.hpp"
#include "messages/paging.hpp"
#include "messages/values.hpp"
#include "messages/wire.hpp"

#include <string>
#include <vector>

/// Runs of deployment tasks: what became of each step on each host, and how people act on them. See
/// docs/tasks.md#runs.
namespace aops {

/// Where a run stands, as people see it.
#define AOPS_RUN_STATES                                                                            \
  "pending|running|paused|waiting_for_approval|waiting_for_key|interrupted|done|failed|cancelled|" \
  "timed_out"
/// What became of a step on a host.
#define AOPS_RUN_HOST_STATES "pending|running|ok|failed|unreachable|skipped|interrupted"

/// POST /manage/task/result/get
struct runs_query {
  maybe<std::vector<std::string>> execution_list, task_list, state;
  maybe<std::vector<moment>> time_range;
  maybe<bool> latest;
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_runs_query(F)                                                                  \
  F(execution_list, optional_field().items(0, 1000).text(1, 64), "Ids of runs; empty: all.")       \
  F(task_list, optional_field().items(0, 1000).text(1, 64), "Ids or names of tasks; empty: all.")  \
  F(state, optional_field().items(0, 10).one_of(AOPS_RUN_STATES), "Empty: all.")                   \
  F(time_range, optional_field().items(0, 2), "On the time they were started; empty: all.")        \
  F(latest, optional_field(), "Of each task the newest run only; default false.")                  \
  AOPS_PAGING_FIELDS(F, "|time|task_name|state", 1000)
AOPS_MESSAGE(runs_query)

/// Hosts by what became of them.
struct run_counts {
  int64_t pending = 0, running = 0, ok = 0, failed = 0, unreachable = 0, skipped = 0,
          interrupted = 0;
};
#define AOPS_FIELDS_run_counts(F)                                                                  \
  F(pending, required(), "Not begun.")                                                             \
  F(running, required(), "Under way.")                                                             \
  F(ok, required(), "Well; of a whole run: through all its steps.")                                \
  F(failed, required(), "An action failed.")                                                       \
  F(unreachable, required(), "Not reached.")                                                       \
  F(skipped, required(), "Left out, because the run ended before.")                                \
  F(interrupted, required(), "Begun, and nobody knows how far it got.")
AOPS_MESSAGE(run_counts)

struct run_step_info {
  std::string step, state;
  maybe<moment> started, ended;
  run_counts hosts;
  std::string message;
};
#define AOPS_FIELDS_run_step_info(F)                                                               \
  F(step, required(), "Name.")                                                                     \
  F(state,                                                                                         \
    required().one_of("pending|running|ok|failed|skipped|interrupted"),                            \
    "`failed`: too many of its hosts did.")                                                        \
  F(started, optional_field().as("fractional").additive(), "First batch.")                         \
  F(ended, optional_field().as("fractional").additive(), "Last batch.")                            \
  F(hosts, required(), "Its hosts.")                                                               \
  F(message, required(), "Why it could not run; else empty.")
AOPS_MESSAGE(run_step_info)

struct run_info {
  std::string execution_id, task_id, task_name, username, state, reason;
  moment time;
  maybe<moment> started, ended;
  bool check = false;
  maybe<std::string> retry_of, step;
  run_counts hosts;
  std::vector<run_step_info> steps;
  int64_t events = 0;
};
#define AOPS_FIELDS_run_info(F)                                                                    \
  F(execution_id, required(), "Identifier.")                                                       \
  F(task_id, required(), "Its task.")                                                              \
  F(task_name, required(), "As the task was called.")                                              \
  F(username, required(), "Who started it.")                                                       \
  F(state, required().one_of(AOPS_RUN_STATES), "Where it stands.")                                 \
  F(reason, required(), "What it waits for, or why it ended so; may be empty.")                    \
  F(time, required().as("fractional"), "When it was asked for.")                                   \
  F(started, optional_field().as("fractional").additive(), "When its first step began.")           \
  F(ended, optional_field().as("fractional").additive(), "When it ended.")                         \
  F(check, required(), "Dry run: nothing is changed.")                                             \
  F(retry_of, optional_field().additive(), "The run whose failed hosts it runs again.")            \
  F(step, optional_field().additive(), "Where it is.")                                             \
  F(hosts, required(), "What became of its hosts.")                                                \
  F(steps, required(), "In the order in which they run.")                                          \
  F(events, required(), "Number of its newest event.")
AOPS_MESSAGE(run_info)

struct runs_page {
  AOPS_TOTAL_MEMBERS
  std::vector<run_info> executions;
};
#define AOPS_FIELDS_runs_page(F)                                                                   \
  AOPS_TOTAL_FIELDS(F) F(executions, required(), "Runs, the newest first unless sorted.")
AOPS_MESSAGE(runs_page)

/// POST /manage/task/result/hosts
struct run_hosts_query {
  std::string execution_id;
  maybe<std::vector<std::string>> state, step, host_list;
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_run_hosts_query(F)                                                             \
  F(execution_id, required().text(1, 64), "Run.")                                                  \
  F(state, optional_field().items(0, 7).one_of(AOPS_RUN_HOST_STATES), "Empty: all.")               \
  F(step, optional_field().items(0, 1000).text(1, 64), "Names of steps; empty: all.")              \
  F(host_list, optional_field().items(0, 1000).text(1, 64), "Ids of hosts; empty: all.")           \
  AOPS_PAGING_FIELDS(F, "|host_name|state", 10000)
AOPS_MESSAGE(run_hosts_query)

/// A step on a host.
struct run_host_info {
  std::string step, host_id, host_name, state;
  maybe<moment> started, ended;
  int64_t attempts = 0, ok = 0, changed = 0, failed = 0, skipped = 0;
  std::string action, message;
};
#define AOPS_FIELDS_run_host_info(F)                                                               \
  F(step, required(), "Name.")                                                                     \
  F(host_id, required(), "Identifier.")                                                            \
  F(host_name, required(), "As it was called when the run began.")                                 \
  F(state, required().one_of(AOPS_RUN_HOST_STATES), "What became of it.")                          \
  F(started, optional_field().as("fractional").additive(), "When it began there.")                 \
  F(ended, optional_field().as("fractional").additive(), "When it ended there.")                   \
  F(attempts, required(), "How often it was begun.")                                               \
  F(ok, required(), "Actions that went well.")                                                     \
  F(changed, required(), "Of these, that changed something.")                                      \
  F(failed, required(), "Actions that failed.")                                                    \
  F(skipped, required(), "Actions that did not apply.")                                            \
  F(action, required(), "That failed; else empty.")                                                \
  F(message, required(), "Why; else empty.")
AOPS_MESSAGE(run_host_info)

struct run_hosts_page {
  AOPS_TOTAL_MEMBERS
  std::vector<run_host_info> results;
};
#define AOPS_FIELDS_run_hosts_page(F)                                                              \
  AOPS_TOTAL_FIELDS(F) F(results, required(), "Steps on hosts, step by step.")
AOPS_MESSAGE(run_hosts_page)

/// POST /manage/task/result/log
struct run_log_query {
  std::string execution_id;
  maybe<int64_t> after, limit;
  maybe<std::vector<std::string>> host_list, type;
};
#define AOPS_FIELDS_run_log_query(F)                                                               \
  F(execution_id, required().text(1, 64), "Run.")                                                  \
  F(after,                                                                                         \
    optional_field().range(0, std::numeric_limits<int64_t>::max()),                                \
    "Events with a greater number; default 0: from the first.")                                    \
  F(limit, optional_field().range(1, 1000), "Events of the answer; default 500.")                  \
  F(host_list, optional_field().items(0, 1000).text(1, 64), "Ids of hosts; empty: all.")           \
  F(type, optional_field().items(0, 4).one_of("state|step|host|event"), "Empty: all.")
AOPS_MESSAGE(run_log_query)

/// What happened in a run. What has no meaning for its type is left out.
struct run_event {
  int64_t number = 0;
  moment time;
  std::string type;
  maybe<std::string> state, step, host_id, outcome, action, module, message, output;
  maybe<bool> changed, ignored;
  maybe<int64_t> duration_ms;
};
#define AOPS_FIELDS_run_event(F)                                                                   \
  F(number, required(), "From 1, without gaps unless the oldest or too many were dropped.")        \
  F(time, required().as("fractional"), "When.")                                                    \
  F(type,                                                                                          \
    required().one_of("state|step|host|event"),                                                    \
    "`state` of the run, of a `step`, of a `host` in a step; an `event` is what Ansible told.")    \
  F(state, optional_field().additive(), "From now on; of all but an `event`.")                     \
  F(step, optional_field().additive(), "Name.")                                                    \
  F(host_id, optional_field().additive(), "Identifier.")                                           \
  F(outcome,                                                                                       \
    optional_field().additive(),                                                                   \
    "Of an `event`: `play`, `task`, `begun`, `ok`, `failed`, `unreachable`, `skipped`, "           \
    "`retried`, `item`, `stats` or `output`.")                                                     \
  F(action, optional_field().additive(), "Name of the play or action.")                            \
  F(module, optional_field().additive(), "Of the action.")                                         \
  F(message, optional_field().additive(), "One line.")                                             \
  F(output, optional_field().additive(), "All that was told, cut where it is long.")               \
  F(changed, optional_field().additive(), "Whether something was changed.")                        \
  F(ignored, optional_field().additive(), "A failure that the playbook goes on after.")            \
  F(duration_ms, optional_field().additive(), "How long it took.")
AOPS_MESSAGE(run_event)

struct run_log_page {
  std::vector<run_event> events;
  int64_t next = 0, last = 0;
};
#define AOPS_FIELDS_run_log_page(F)                                                                \
  F(events, required(), "In order.")                                                               \
  F(next, required(), "`after` of the next request; equal to `last` when nothing is left.")        \
  F(last, required(), "Number of the run's newest event.")
AOPS_MESSAGE(run_log_page)

/// POST /manage/task/stop, pause, approve: of runs.
#define AOPS_RUN_ACT(type)                                                                         \
  struct type {                                                                                    \
    std::vector<std::string> execution_list;                                                       \
  };
#define AOPS_RUN_ACT_FIELDS(F)                                                                     \
  F(execution_list, required().items(1, 100).text(1, 64), "Ids of runs.")
AOPS_RUN_ACT(runs_to_stop)
#define AOPS_FIELDS_runs_to_stop(F) AOPS_RUN_ACT_FIELDS(F)
AOPS_MESSAGE(runs_to_stop)
AOPS_RUN_ACT(runs_to_pause)
#define AOPS_FIELDS_runs_to_pause(F) AOPS_RUN_ACT_FIELDS(F)
AOPS_MESSAGE(runs_to_pause)
AOPS_RUN_ACT(runs_to_approve)
#define AOPS_FIELDS_runs_to_approve(F) AOPS_RUN_ACT_FIELDS(F)
AOPS_MESSAGE(runs_to_approve)

/// POST /manage/task/retry: a new run of the hosts that did not end well, from where each stopped.
AOPS_RUN_ACT(runs_to_retry)
#define AOPS_FIELDS_runs_to_retry(F) AOPS_RUN_ACT_FIELDS(F)
AOPS_MESSAGE(runs_to_retry)

/// POST /manage/task/resume
struct runs_to_resume {
  std::vector<std::string> execution_list;
  maybe<std::string> decision;
};
#define AOPS_FIELDS_runs_to_resume(F)                                                              \
  F(execution_list, required().items(1, 100).text(1, 64), "Ids of runs.")                          \
  F(decision,                                                                                      \
    optional_field().one_of("again|skip"),                                                         \
    "What becomes of hosts that were interrupted: their step is done `again`, or they are left "   \
    "out from there on. An interrupted run needs it.")
AOPS_MESSAGE(runs_to_resume)

struct run_ignored {
  std::string execution_id, reason;
};
#define AOPS_FIELDS_run_ignored(F)                                                                 \
  F(execution_id, required(), "Run.")                                                              \
  F(reason, required(), "Why nothing was done.")
AOPS_MESSAGE(run_ignored)

struct runs_acted_on {
  int64_t code = 200;
  std::vector<std::string> accepted;
  std::vector<run_ignored> ignored;
};
#define AOPS_FIELDS_runs_acted_on(F)                                                               \
  F(code, internal(), "")                                                                          \
  F(accepted, required(), "Runs that do so.")                                                      \
  F(ignored, required(), "Others.")
AOPS_MESSAGE(runs_acted_on)

/// POST /manage/task/stat
struct run_stat_query {
  maybe<std::vector<std::string>> task_list;
  maybe<std::vector<moment>> time_range;
};
#define AOPS_FIELDS_run_stat_query(F)                                                              \
  F(task_list, optional_field().items(0, 1000).text(1, 64), "Ids or names of tasks; empty: all.")  \
  F(time_range, optional_field().items(0, 2), "On the time runs were started; empty: all.")
AOPS_MESSAGE(run_stat_query)

/// What a task, step or host brought, over many runs.
struct run_stat {
  std::string name;
  maybe<std::string> task_id, host_id;
  int64_t runs = 0, succeeded = 0, failed = 0, other = 0;
  maybe<double> success_rate;
  maybe<int64_t> shortest_ms, mean_ms, longest_ms;
  maybe<int64_t> partial{};
};
#define AOPS_FIELDS_run_stat(F)                                                                    \
  F(name, required(), "Of the task, step or host.")                                                \
  F(task_id, optional_field().additive(), "Of a task.")                                            \
  F(host_id, optional_field().additive(), "Of a host.")                                            \
  F(runs, required(), "That ended.")                                                               \
  F(succeeded, required(), "Of these, well.")                                                      \
  F(failed, required(), "Of these, not.")                                                          \
  F(other, required(), "Of these, stopped or left out.")                                           \
  F(success_rate, optional_field().additive(), "Well of well and not, 0 to 1.")                    \
  F(shortest_ms, optional_field().additive(), "Of those that went well.")                          \
  F(mean_ms, optional_field().additive(), "Of those that went well.")                              \
  F(longest_ms, optional_field().additive(), "Of those that went well.")                           \
  F(partial,                                                                                       \
    optional_field().additive(),                                                                   \
    "Runs of those that went well, but not on all of their hosts.")
AOPS_MESSAGE(run_stat)

struct run_stats {
  int64_t tasks = 0, open = 0;
  run_stat total;
  std::vector<run_stat> by_task, by_step, by_host;
};
#define AOPS_FIELDS_run_stats(F)                                                                   \
  F(tasks, required(), "Tasks there are.")                                                         \
  F(open, required(), "Runs that have not ended.")                                                 \
  F(total, required(), "All runs.")                                                                \
  F(by_task, required(), "Runs of each task, by name.")                                            \
  F(by_step, required(), "Steps by name.")                                                         \
  F(by_host, required(), "Hosts, those that failed most first; at most 1000.")
AOPS_MESSAGE(run_stats)

// -- between actors

/// Whether the caller sees a run, and where it stands: for streams.
struct run_to_watch {
  std::string execution_id;
};
AOPS_WIRE(run_to_watch, execution_id)

struct run_standing {
  std::string execution_id, state;
  int64_t finished = 0, expected = 0; ///< Steps on hosts.
  int64_t events = 0;                 ///< Number of the newest.
  bool is_final = false;
};
AOPS_WIRE(run_standing, execution_id, state, finished, expected, events, is_final)

/// What opens the credentials of a run's hosts, on its way to who owns the run. For that run only;
/// kept in memory and wiped.
struct run_key {
  std::string run;
  sealed_text key;
};
AOPS_WIRE(run_key, run, key)

/// A run needs its key no longer.
struct run_key_to_wipe {
  std::string run;
};
AOPS_WIRE(run_key_to_wipe, run)

/// What a session has opened, for a run; asked of the node where it was entered.
struct session_key_to_lend {
  std::string session;
};
AOPS_WIRE(session_key_to_lend, session)

struct session_key_lent {
  sealed_text key;
};
AOPS_WIRE(session_key_lent, key)

/// The caller's session has a vault key from now on: runs of his that wait for one go on.
struct vault_opened {};
#define AOPS_FIELDS_vault_opened(F)
AOPS_MESSAGE(vault_opened)

} // namespace aops
