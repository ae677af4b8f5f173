#include "http/routes/routes.hpp"
#include "messages/names.hpp"
#include "messages/roles/diag.hpp"
#include "messages/time_ranges.hpp"

namespace aops::http {

std::vector<route> report_routes(const node_port& port) {
  using role = report_store_actor;
  auto name = actors::report_store_name;
  return {
    ask<role, progress_query, progress_found>(port,
                                              method::post,
                                              "/diag/progress/get",
                                              may::user,
                                              name,
                                              "How many reports of tasks are stored."),
    ask<role, tasks_query, tasks_page>(
      port, method::post, "/diag/task/get", may::user, name, "List diagnosis tasks."),
    ask<role, reports_query, reports_page>(
      port, method::post, "/diag/report/get_list", may::user, name, "List reports."),
    ask<role, report_list_query, reports_found>(
      port, method::post, "/diag/report/get", may::user, name, "Read reports."),
    ask<role, reports_to_delete, done>(port,
                                       method::remove,
                                       "/diag/report/delete",
                                       may::administrator,
                                       name,
                                       "Delete reports; the progress of their task stays."),
  };
}

} // namespace aops::http
