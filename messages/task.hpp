#pragma once

#include "messages/describe.hpp"
#include "messages/paging.hpp"
#include "messages/values.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Deployment tasks: templates to be run on hosts. See docs/tasks.md.
namespace aops {

/// The one that is there from the beginning.
inline constexpr std::string_view default_task_id = "95c3e692ff3811ebbcd3a89d3a259eef";

#define AOPS_DEPLOY_TASK_MEMBERS                                                                   \
  std::string task_name, description;                                                              \
  std::vector<std::string> template_name;                                                          \
  maybe<std::vector<std::string>> host_list, host_group_list;                                      \
  maybe<json_text> steps, vars;
#define AOPS_DEPLOY_TASK_FIELDS(F)                                                                 \
  F(task_name, required().text(1, 50), "Need not be unique.")                                      \
  F(description, required().text(0, 256).blank_ok(), "May be empty.")                              \
  F(template_name,                                                                                 \
    required().items(1, 100).text(1, 64),                                                          \
    "Templates there are, in the order in which they run; frozen as they are now.")                \
  F(host_list, optional_field().items(0, 10000).text(1, 64), "Ids of hosts it runs on.")           \
  F(host_group_list,                                                                               \
    optional_field().items(0, 1000).text(1, 50),                                                   \
    "Groups whose hosts it runs on, too.")                                                         \
  F(steps,                                                                                         \
    optional_field().as("structure").items(1, 1000),                                               \
    "A list of {`step`, `enable`, `continue`, `after`, `timeout`, `idempotent`}, or an object of " \
    "step names to the others. Absent: every template, one after the other.")                      \
  F(vars, optional_field().as("object"), "Variables that go before those of the templates.")

/// POST /manage/task/generate
struct deploy_task_to_generate {
  AOPS_DEPLOY_TASK_MEMBERS
};
#define AOPS_FIELDS_deploy_task_to_generate(F) AOPS_DEPLOY_TASK_FIELDS(F)
AOPS_MESSAGE(deploy_task_to_generate)

/// The same of one who has an id for it.
struct deploy_task_to_add {
  std::string task_id;
  AOPS_DEPLOY_TASK_MEMBERS
};
#define AOPS_FIELDS_deploy_task_to_add(F)                                                          \
  F(task_id, required().text(1, 64), "Identifier of the new task.")                                \
  AOPS_DEPLOY_TASK_FIELDS(F)
AOPS_MESSAGE(deploy_task_to_add)

struct deploy_task_generated {
  std::string task_id;
};
#define AOPS_FIELDS_deploy_task_generated(F) F(task_id, required(), "Identifier.")
AOPS_MESSAGE(deploy_task_generated)

/// POST /manage/task/get
struct deploy_tasks_query {
  std::vector<std::string> task_list;
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_deploy_tasks_query(F)                                                          \
  F(task_list, required().items(0, 5000).text(1, 64), "Ids or names; empty: all.")                 \
  AOPS_PAGING_FIELDS(F, "|task_name", 50)
AOPS_MESSAGE(deploy_tasks_query)

struct deploy_task_host {
  std::string host_name, host_id;
};
#define AOPS_FIELDS_deploy_task_host(F)                                                            \
  F(host_name, required(), "As it was called when the task was generated.")                        \
  F(host_id, required(), "Identifier.")
AOPS_MESSAGE(deploy_task_host)

/// What runs a template of its name, or is skipped.
struct deploy_step {
  std::string step;
  bool enable = false;
  bool continue_ = false;
  maybe<std::vector<std::string>> after{};
  maybe<int64_t> timeout{};
  maybe<bool> idempotent{};
};
#define AOPS_FIELDS_deploy_step(F)                                                                 \
  F(step, required().text(1, 64), "Name; its template is called so.")                              \
  F(enable, optional_field(), "Whether it runs; default false.")                                   \
  F(continue_, optional_field(), "Whether the task goes on when it fails; default false.")         \
  F(after,                                                                                         \
    optional_field().items(0, 100).text(1, 64).additive(),                                         \
    "Steps that must have ended before; default: the order in which they are listed.")             \
  F(timeout,                                                                                       \
    optional_field().range(1, 604'800).additive(),                                                 \
    "Seconds after which it is stopped; default `tasks.step_timeout`.")                            \
  F(idempotent,                                                                                    \
    optional_field().additive(),                                                                   \
    "Whether doing it again where it was cut off does no harm; default: what its template says, "  \
    "else false.")
AOPS_MESSAGE(deploy_step)

struct deploy_task_info {
  std::string task_id, task_name, description;
  std::vector<std::string> template_name;
  std::vector<deploy_task_host> host_list;
  std::vector<std::string> host_group_list;
  std::vector<deploy_step> steps;
  json_text vars;
};
#define AOPS_FIELDS_deploy_task_info(F)                                                            \
  F(task_id, required(), "Identifier.")                                                            \
  F(task_name, required(), "Name.")                                                                \
  F(description, required(), "Free text.")                                                         \
  F(template_name, required(), "Its templates, in order.")                                         \
  F(host_list, required().additive(), "Hosts it names.")                                           \
  F(host_group_list, required().additive(), "Groups it names.")                                    \
  F(steps, required().additive(), "In order.")                                                     \
  F(vars, required().additive(), "Its variables.")
AOPS_MESSAGE(deploy_task_info)

struct deploy_tasks_page {
  AOPS_TOTAL_MEMBERS
  std::vector<deploy_task_info> task_infos;
};
#define AOPS_FIELDS_deploy_tasks_page(F) AOPS_TOTAL_FIELDS(F) F(task_infos, required(), "Tasks.")
AOPS_MESSAGE(deploy_tasks_page)

/// DELETE /manage/task/delete
struct deploy_tasks_to_delete {
  std::vector<std::string> task_list;
};
#define AOPS_FIELDS_deploy_tasks_to_delete(F)                                                      \
  F(task_list, required().items(1, 5000).text(1, 64), "Ids or names; unknown ones are ignored.")
AOPS_MESSAGE(deploy_tasks_to_delete)

/// POST /manage/task/execute
struct deploy_tasks_to_execute {
  std::vector<std::string> task_list;
  maybe<bool> check{}, diff{};
  maybe<json_text> vars{};
  maybe<int64_t> forks{};
  maybe<json_text> serial{};
  maybe<std::vector<std::string>> canary{};
  maybe<int64_t> max_fail_percentage{}, timeout{}, step_timeout{};
  maybe<std::vector<std::string>> approve{};
  maybe<bool> approve_batches{};
  maybe<std::vector<std::string>> host_list{};
  maybe<bool> allow_parallel{};
};
#define AOPS_FIELDS_deploy_tasks_to_execute(F)                                                     \
  F(task_list, required().items(1, 100).text(1, 64), "Ids.")                                       \
  F(check, optional_field(), "Dry run: nothing is changed; default false.")                        \
  F(diff, optional_field(), "Tells what is, or would be, changed in files; default false.")        \
  F(vars, optional_field(), "An object: variables that go before all others, for this run.")       \
  F(forks, optional_field().range(1, 1000), "Hosts at once; default `tasks.forks`.")               \
  F(serial,                                                                                        \
    optional_field(),                                                                              \
    "Hosts of a batch: a number, a share such as \"30%\", or a list of these, of which the last "  \
    "one counts for all that follow. Absent: all at once.")                                        \
  F(canary,                                                                                        \
    optional_field().items(0, 1000).text(1, 64),                                                   \
    "Ids of hosts that are the first batch of each step.")                                         \
  F(max_fail_percentage,                                                                           \
    optional_field().range(0, 100),                                                                \
    "Share of hosts that may fail; the run stops beyond it. Absent: one that fails makes its "     \
    "step "                                                                                        \
    "fail, which `continue` allows.")                                                              \
  F(timeout,                                                                                       \
    optional_field().range(1, 2'592'000),                                                          \
    "Seconds after which the run is stopped; default `tasks.timeout`.")                            \
  F(step_timeout,                                                                                  \
    optional_field().range(1, 604'800),                                                            \
    "Seconds after which a step that names no time-out is stopped.")                               \
  F(approve,                                                                                       \
    optional_field().items(0, 1000).text(1, 64),                                                   \
    "Names of steps before which it waits until it is approved.")                                  \
  F(approve_batches, optional_field(), "Whether it waits before each batch but the first.")        \
  F(host_list,                                                                                     \
    optional_field().items(0, 10000).text(1, 64),                                                  \
    "Ids: of the task's hosts, only these; empty: all.")                                           \
  F(allow_parallel,                                                                                \
    optional_field(),                                                                              \
    "Whether it runs on hosts where another run is at work; default false: it waits.")
AOPS_MESSAGE(deploy_tasks_to_execute)

struct deploy_tasks_started {
  std::vector<std::string> execution_id;
};
#define AOPS_FIELDS_deploy_tasks_started(F)                                                        \
  F(execution_id, required().additive(), "One for each task, in the order asked.")
AOPS_MESSAGE(deploy_tasks_started)

} // namespace aops
