#pragma once

#include "messages/describe.hpp"
#include "messages/paging.hpp"
#include "messages/values.hpp"

#include <string>
#include <vector>

/// Schedules: when deployment tasks run by themselves. See docs/tasks.md.
namespace aops {

#define AOPS_SCHEDULE_RULE_FIELDS(F)                                                               \
  F(time_zone, optional_field().text(1, 64), "IANA name, such as `Asia/Shanghai`; default UTC.")   \
  F(missed,                                                                                        \
    optional_field().one_of("skip|once"),                                                          \
    "What becomes of times at which no node was there: nothing, or one run; default `skip`.")      \
  F(vars, optional_field(), "An object: variables of its runs, before those of the task.")         \
  F(enabled, optional_field(), "Whether it fires; default true.")

/// POST /manage/task/schedule/add
struct schedule_to_add {
  std::string task_id, schedule_name, expression;
  maybe<std::string> time_zone{}, missed{};
  maybe<json_text> vars{};
  maybe<bool> enabled{};
};
#define AOPS_FIELDS_schedule_to_add(F)                                                             \
  F(task_id, required().text(1, 64), "Task to run.")                                               \
  F(schedule_name, required().text(1, 64), "Unique per user.")                                     \
  F(expression,                                                                                    \
    required().text(1, 200),                                                                       \
    "Minute, hour, day of month, month, day of week, as cron has them, or `@daily`.")              \
  AOPS_SCHEDULE_RULE_FIELDS(F)
AOPS_MESSAGE(schedule_to_add)

struct schedule_added {
  std::string schedule_id;
  std::vector<moment> next;
};
#define AOPS_FIELDS_schedule_added(F)                                                              \
  F(schedule_id, required(), "Identifier.")                                                        \
  F(next, required(), "When it fires next; empty when it is not enabled.")
AOPS_MESSAGE(schedule_added)

/// POST /manage/task/schedule/update: what is absent stays.
struct schedule_to_update {
  std::string schedule_id;
  maybe<std::string> schedule_name{}, expression{}, time_zone{}, missed{};
  maybe<json_text> vars{};
  maybe<bool> enabled{};
};
#define AOPS_FIELDS_schedule_to_update(F)                                                          \
  F(schedule_id, required().text(1, 64), "Identifier.")                                            \
  F(schedule_name, optional_field().text(1, 64), "Unique per user.")                               \
  F(expression, optional_field().text(1, 200), "As when it was added.")                            \
  AOPS_SCHEDULE_RULE_FIELDS(F)
AOPS_MESSAGE(schedule_to_update)

/// POST /manage/task/schedule/get
struct schedules_query {
  std::vector<std::string> schedule_list;
  maybe<std::vector<std::string>> task_list{};
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_schedules_query(F)                                                             \
  F(schedule_list, required().items(0, 5000).text(1, 64), "Ids or names; empty: all.")             \
  F(task_list, optional_field().items(0, 5000).text(1, 64), "Ids of tasks; empty: all.")           \
  AOPS_PAGING_FIELDS(F, "|schedule_name", 50)
AOPS_MESSAGE(schedules_query)

struct schedule_info {
  std::string schedule_id, schedule_name, task_id, task_name, expression, time_zone, missed;
  bool enabled = true;
  json_text vars;
  std::string username;
  std::vector<moment> next;
  maybe<moment> last_due;
  std::string last_execution, last_error;
};
#define AOPS_FIELDS_schedule_info(F)                                                               \
  F(schedule_id, required(), "Identifier.")                                                        \
  F(schedule_name, required(), "Unique per user.")                                                 \
  F(task_id, required(), "Task it runs.")                                                          \
  F(task_name, required(), "Of the task; empty when it was deleted.")                              \
  F(expression, required(), "As it was given.")                                                    \
  F(time_zone, required(), "IANA name.")                                                           \
  F(missed, required().one_of("skip|once"), "What becomes of missed times.")                       \
  F(enabled, required(), "Whether it fires.")                                                      \
  F(vars, required().additive(), "Variables of its runs.")                                         \
  F(username, required(), "Who made it, and runs it.")                                             \
  F(next, required(), "When it fires next.")                                                       \
  F(last_due, required().additive(), "Time for which it fired last.")                              \
  F(last_execution, required().additive(), "What it started then.")                                \
  F(last_error, required().additive(), "Why nothing was started then.")
AOPS_MESSAGE(schedule_info)

struct schedules_page {
  AOPS_TOTAL_MEMBERS
  std::vector<schedule_info> schedule_infos;
};
#define AOPS_FIELDS_schedules_page(F)                                                              \
  AOPS_TOTAL_FIELDS(F) F(schedule_infos, required(), "Schedules.")
AOPS_MESSAGE(schedules_page)

/// DELETE /manage/task/schedule/delete
struct schedules_to_delete {
  std::vector<std::string> schedule_list;
};
#define AOPS_FIELDS_schedules_to_delete(F)                                                         \
  F(schedule_list, required().items(1, 5000).text(1, 64), "Ids or names; unknown are ignored.")
AOPS_MESSAGE(schedules_to_delete)

/// POST /manage/task/schedule/preview
struct schedule_to_preview {
  std::string expression;
  maybe<std::string> time_zone{};
};
#define AOPS_FIELDS_schedule_to_preview(F)                                                         \
  F(expression, required().text(1, 200), "As when one is added.")                                  \
  F(time_zone, optional_field().text(1, 64), "IANA name; default UTC.")
AOPS_MESSAGE(schedule_to_preview)

struct schedule_previewed {
  std::vector<moment> next;
};
#define AOPS_FIELDS_schedule_previewed(F) F(next, required(), "When it would fire.")
AOPS_MESSAGE(schedule_previewed)

} // namespace aops
