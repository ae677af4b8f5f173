#include "http/routes/routes.hpp"
#include "messages/roles/schedule.hpp"

namespace aops::http {

std::vector<route> schedule_routes(const node_port& port) {
  using role = schedule_store_actor;
  auto name = actors::schedule_store_name;
  auto who = may::administrator;
  return {
    once_for_key(ask<role, schedule_to_add, schedule_added>(
      port, method::post, "/manage/task/schedule/add", who, name, "Have a task run by itself.")),
    ask<role, schedules_query, schedules_page>(
      port, method::post, "/manage/task/schedule/get", who, name, "List schedules of tasks."),
    ask<role, schedule_to_update, schedule_added>(
      port, method::post, "/manage/task/schedule/update", who, name, "Change a schedule."),
    ask<role, schedules_to_delete, done>(
      port, method::remove, "/manage/task/schedule/delete", who, name, "Delete schedules."),
    only_reading(
      ask<role, schedule_to_preview, schedule_previewed>(port,
                                                         method::post,
                                                         "/manage/task/schedule/preview",
                                                         who,
                                                         name,
                                                         "When an expression would fire.")),
  };
}

} // namespace aops::http
