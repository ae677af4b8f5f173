#include "http/routes/routes.hpp"

#include "http/routes/data_routes.hpp"

namespace aops::http {

std::vector<route> public_routes(const node_port& port) {
  std::vector<route> all;
  for (auto* table :
       {account_routes,  user_routes,        access_routes,  view_routes,     log_routes,
        host_routes,     rule_routes,        result_routes,  status_routes,   silence_routes,
        tree_routes,     template_routes,    package_routes, remote_routes,   task_routes,
        schedule_routes, run_routes,         job_routes,     report_routes,   cluster_routes,
        upkeep_routes,   tracing_routes,     line_routes,    topology_routes, session_routes,
        kafka_routes,    alertmanager_routes})
    for (auto& row : table(port))
      all.push_back(std::move(row));
  return all;
}

std::vector<route> contract_routes(const node_port& port) {
  auto all = public_routes(port);
  for (auto& row : data_routes(port, data_door::users))
    all.push_back(std::move(row));
  return all;
}

} // namespace aops::http
