#pragma once

#include "messages/roles/role.hpp"
#include "messages/types/upkeep.hpp"
#include "messages/upkeep.hpp"

#include <string_view>

namespace aops {

namespace actors {
inline constexpr std::string_view backup_keeper_name = "backup_keeper";
inline constexpr std::string_view upkeep_desk_name = "upkeep_desk";
} // namespace actors

/// BACKUP KEEPER: writes backups on this node, each day and when told to.
using backup_keeper_actor =
  caf::typed_actor<caf::reacts_to<atom::tick>,
                   // INTERNAL: a backup has ended, well (an empty text) or not, and why.
                   caf::reacts_to<atom::done, std::string>,
                   // What this node keeps.
                   answers<node_backups_query, node_backups>,
                   // Begins one now; answered when it has begun. ec::overloaded while one is being
                   // written.
                   answers<backup_to_start, backup_started>,
                   caf::reacts_to<atom::ping>>;

/// UPKEEP DESK: the backups of all nodes, and what the configuration of this one is.
using upkeep_desk_actor = caf::typed_actor<
  // One that does not tell in time is named with the reason.
  asks<backups_query, backups_page>,
  // Begins one on this node. ec::bad_request where `backup.directory` is not set, ec::overloaded
  // while one is being written.
  asks<backup_to_start, backup_started>,
  // The options of this node.
  asks<config_query, config_in_force>,
  // What this node keeps: to the desk of another.
  answers<node_backups_query, node_backups>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
