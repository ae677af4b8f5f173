#include "http/routes/routes.hpp"
#include "messages/roles/run.hpp"

namespace aops::http {

std::vector<route> run_routes(const node_port& port) {
  using runs = run_store_actor;
  using intake = run_intake_actor;
  auto run_store = actors::run_store_name;
  auto run_intake = actors::run_intake_name;
  return {
    once_for_key(ask<intake, deploy_tasks_to_execute, deploy_tasks_started>(
      port,
      method::post,
      "/manage/task/execute",
      may::administrator,
      run_intake,
      "Start deployment tasks; needs the vault key.")),
    once_for_key(ask<intake, runs_to_retry, deploy_tasks_started>(
      port,
      method::post,
      "/manage/task/retry",
      may::administrator,
      run_intake,
      "Run again where runs did not end well, each host from the step where it stopped.")),
    ask<intake, runs_to_stop, runs_acted_on>(port,
                                             method::post,
                                             "/manage/task/stop",
                                             may::administrator,
                                             run_intake,
                                             "End runs, with all processes they started."),
    ask<intake, runs_to_pause, runs_acted_on>(
      port,
      method::post,
      "/manage/task/pause",
      may::administrator,
      run_intake,
      "Let runs begin nothing more until they are resumed."),
    ask<intake, runs_to_approve, runs_acted_on>(port,
                                                method::post,
                                                "/manage/task/approve",
                                                may::administrator,
                                                run_intake,
                                                "Let runs go on that wait for approval."),
    ask<intake, runs_to_resume, runs_acted_on>(
      port,
      method::post,
      "/manage/task/resume",
      may::administrator,
      run_intake,
      "Let runs go on that are paused, interrupted, or wait for the vault key."),
    only_reading(ask<runs, runs_query, runs_page>(port,
                                                  method::post,
                                                  "/manage/task/result/get",
                                                  may::administrator,
                                                  run_store,
                                                  "List runs of deployment tasks.")),
    only_reading(ask<runs, run_hosts_query, run_hosts_page>(
      port,
      method::post,
      "/manage/task/result/hosts",
      may::administrator,
      run_store,
      "What became of the steps of a run on each of its hosts.")),
    only_reading(ask<runs, run_log_query, run_log_page>(port,
                                                        method::post,
                                                        "/manage/task/result/log",
                                                        may::administrator,
                                                        run_store,
                                                        "Events of a run.")),
    only_reading(ask<runs, run_stat_query, run_stats>(port,
                                                      method::post,
                                                      "/manage/task/stat",
                                                      may::administrator,
                                                      run_store,
                                                      "How runs went, by task, step and host.")),
  };
}

} // namespace aops::http
