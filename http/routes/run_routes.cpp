#include "http/routes/routes.hpp"
#include "messages/roles/run.hpp"

namespace aops::http {

std::vector<route> run_routes(const node_port& port) {
  using runs = run_store_actor;
  auto run_store = actors::run_store_name;
  return {
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
