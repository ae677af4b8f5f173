#pragma once

#include "messages/types/block.hpp"

/// Facts and configuration files of hosts. Described in `messages/host_info.hpp`.
#define AOPS_TYPES_host_info(X)                                                                    \
  X(host_info, host_infos_query)                                                                   \
  X(host_info, host_infos_found)                                                                   \
  X(host_info, host_infos_to_refresh)                                                              \
  X(host_info, host_infos_to_save)                                                                 \
  X(host_info, host_infos_to_delete)                                                               \
  X(host_info, host_infos_saved)                                                                   \
  X(host_info, configs_to_collect)                                                                 \
  X(host_info, configs_collected)

AOPS_TYPE_BLOCK(host_info, 2600)
