#pragma once

#include "messages/types/block.hpp"

/// What is done on hosts. Described in `messages/remote.hpp`.
#define AOPS_TYPES_remote(X)                                                                       \
  X(remote, host_infos_refreshed)                                                                  \
  X(remote, host_to_trust)                                                                         \
  X(remote, host_keys_shown)                                                                       \
  X(remote, command_to_execute)                                                                    \
  X(remote, command_executed)                                                                      \
  X(remote, commands_query)                                                                        \
  X(remote, allowed_commands)                                                                      \
  X(remote, configs_to_push)                                                                       \
  X(remote, configs_pushed)                                                                        \
  X(remote, command_output_query)                                                                  \
  X(remote, command_outputs)                                                                       \
  X(remote, files_to_check)                                                                        \
  X(remote, files_checked)

AOPS_TYPE_BLOCK(remote, 4700)
