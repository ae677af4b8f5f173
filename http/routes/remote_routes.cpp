#include "http/routes/routes.hpp"
#include "messages/roles/remote.hpp"

namespace aops::http {

namespace {

route patient(route r, std::chrono::minutes patience = actors::remote_reading_patience) {
  r.deadline = patience;
  return r;
}

} // namespace

std::vector<route> remote_routes(const node_port& port) {
  auto name = actors::remote_name;
  return {
    patient(ask<remote_actor, host_infos_to_refresh, host_infos_refreshed>(
      port,
      method::post,
      "/manage/host/info/refresh",
      may::administrator,
      name,
      "Collect hardware and system of hosts anew; needs the vault key.")),
    patient(
      ask<remote_actor, host_to_trust, host_keys_shown>(port,
                                                        method::post,
                                                        "/manage/host/trust",
                                                        may::administrator,
                                                        name,
                                                        "Show or accept the SSH keys of a host.")),
    patient(ask<remote_actor, configs_to_collect, configs_collected>(
      port,
      method::post,
      "/manage/config/collect",
      may::administrator,
      name,
      "Read configuration files of hosts; needs the vault key.")),
    patient(ask<remote_actor, configs_to_push, configs_pushed>(
              port,
              method::post,
              "/manage/config/push",
              may::administrator,
              name,
              "Replace configuration files of hosts; needs the vault key."),
            actors::remote_acting_patience),
    patient(ask<remote_actor, command_to_execute, command_executed>(
              port,
              method::post,
              "/manage/config/execute",
              may::administrator,
              name,
              "Run one of the allowed commands on hosts; needs the vault key."),
            actors::remote_acting_patience),
    ask<remote_actor, command_output_query, command_outputs>(
      port,
      method::post,
      "/manage/config/output/get",
      may::administrator,
      name,
      "Tell what a command prints that is followed."),
    ask<remote_actor, commands_query, allowed_commands>(port,
                                                        method::post,
                                                        "/manage/config/command/get",
                                                        may::administrator,
                                                        name,
                                                        "List the commands that may be run."),
  };
}

} // namespace aops::http
