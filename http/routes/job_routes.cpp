#include "http/routes/routes.hpp"
#include "messages/names.hpp"
#include "messages/roles/jobs.hpp"

namespace aops::http {

std::vector<route> job_routes(const node_port& port) {
  return {
    once_for_key(ask<diag_intake_actor, diag_to_execute, diag_started>(
      port,
      method::post,
      "/diag/execute",
      may::user,
      actors::diag_intake_name,
      "Diagnose hosts by fault trees, slice by slice.")),
    once_for_key(ask<check_intake_actor, check_to_execute, check_started>(
      port,
      method::post,
      "/check/execute",
      may::administrator,
      actors::check_intake_name,
      "Check hosts over a time range again.")),
    ask<jobs_actor, tasks_to_cancel, tasks_cancelled>(port,
                                                      method::post,
                                                      "/diag/task/cancel",
                                                      may::user,
                                                      actors::jobs_name,
                                                      "End tasks; what is stored stays."),
    ask<jobs_actor, tasks_to_resume, tasks_resumed>(
      port,
      method::post,
      "/diag/task/resume",
      may::user,
      actors::jobs_name,
      "Let tasks go on that wait for their user; what they had begun is done again."),
    only_reading(ask<jobs_actor, task_waits_query, task_waits>(port,
                                                               method::post,
                                                               "/diag/task/waits",
                                                               may::user,
                                                               actors::jobs_name,
                                                               "Which hosts a task waits for.")),
  };
}

} // namespace aops::http
