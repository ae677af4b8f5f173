#include "http/routes/routes.hpp"
#include "messages/names.hpp"
#include "messages/roles/jobs.hpp"

namespace aops::http {

std::vector<route> job_routes(const node_port& port) {
  using role = jobs_actor;
  auto name = actors::jobs_name;
  return {
    ask<role, diag_to_execute, diag_started>(port,
                                             method::post,
                                             "/diag/execute",
                                             may::user,
                                             name,
                                             "Diagnose hosts by fault trees, slice by slice."),
    ask<role, check_to_execute, check_started>(port,
                                               method::post,
                                               "/check/execute",
                                               may::administrator,
                                               name,
                                               "Check hosts over a time range again."),
    ask<role, tasks_to_cancel, tasks_cancelled>(
      port, method::post, "/diag/task/cancel", may::user, name, "End tasks; what is stored stays."),
  };
}

} // namespace aops::http
