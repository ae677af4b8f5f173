#include "http/routes/routes.hpp"
#include "messages/names.hpp"
#include "messages/roles/host.hpp"
#include "messages/roles/host_info.hpp"

namespace aops::http {

std::vector<route> host_routes(const node_port& port) {
  using role = host_store_actor;
  auto name = actors::host_store_name;
  auto facts = actors::host_info_store_name;
  return {
    once_for_key(ask<role, host_group_to_add, host_group_added>(
      port, method::post, "/manage/host/group/add", may::administrator, name, "Add a host group.")),
    ask<role, host_group_to_update, done>(port,
                                          method::post,
                                          "/manage/host/group/update",
                                          may::administrator,
                                          name,
                                          "Change a host group: name, description."),
    ask<role, host_groups_to_delete, host_groups_deleted>(port,
                                                          method::remove,
                                                          "/manage/host/group/delete",
                                                          may::administrator,
                                                          name,
                                                          "Delete host groups without hosts."),
    ask<role, host_groups_query, host_groups_page>(
      port, method::post, "/manage/host/group/get", may::user, name, "List host groups."),
    once_for_key(ask<role, hosts_to_add, hosts_added>(
      port,
      method::post,
      "/manage/host/add",
      may::administrator,
      name,
      "Add hosts; credentials, if any, are sealed under `key`.")),
    ask<role, host_to_update, done>(port,
                                    method::post,
                                    "/manage/host/update",
                                    may::administrator,
                                    name,
                                    "Change a host: name, group, address, ports, credentials."),
    ask<role, hosts_to_delete, hosts_deleted>(port,
                                              method::remove,
                                              "/manage/host/delete",
                                              may::administrator,
                                              name,
                                              "Delete hosts with their results and credentials."),
    ask<role, hosts_query, hosts_page>(
      port, method::post, "/manage/host/get", may::user, name, "List hosts."),
    ask<role, count_hosts, hosts_counted>(
      port, method::post, "/manage/host/count", may::user, name, "Count hosts."),
    ask<host_info_store_actor, host_infos_query, host_infos_found>(
      port,
      method::post,
      "/manage/host/info/query",
      may::user,
      facts,
      "What is known of hosts: hardware and system, or, with `basic`, their rows."),
  };
}

} // namespace aops::http
