#pragma once

#include "messages/types/block.hpp"

/// The configuration in force, and backups. Described in `messages/upkeep.hpp`.
#define AOPS_TYPES_upkeep(X)                                                                       \
  X(upkeep, config_query)                                                                          \
  X(upkeep, config_in_force)                                                                       \
  X(upkeep, backups_query)                                                                         \
  X(upkeep, backups_page)                                                                          \
  X(upkeep, node_backups_query)                                                                    \
  X(upkeep, node_backups)                                                                          \
  X(upkeep, backup_to_start)                                                                       \
  X(upkeep, backup_started)

AOPS_TYPE_BLOCK(upkeep, 5000)
