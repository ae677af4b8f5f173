#include "http/routes/routes.hpp"
#include "messages/roles/upkeep.hpp"

namespace aops::http {

// Paths and addresses of machines are nothing for ordinary users.
std::vector<route> upkeep_routes(const node_port& port) {
  using role = upkeep_desk_actor;
  auto name = actors::upkeep_desk_name;
  return {
    ask<role, config_query, config_in_force>(
      port,
      method::get,
      "/manage/config/effective",
      may::administrator,
      name,
      "The options of the node that is asked, with what is secret sealed."),
    ask<role, backups_query, backups_page>(port,
                                           method::get,
                                           "/manage/backup/list",
                                           may::administrator,
                                           name,
                                           "List the backups that the nodes keep."),
    recorded_here(ask<role, backup_to_start, backup_started>(
      port,
      method::post,
      "/manage/backup/start",
      may::administrator,
      name,
      "Have the node that is asked write a backup now. Answers when it has begun.")),
  };
}

} // namespace aops::http
