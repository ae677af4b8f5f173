#pragma once

#include "messages/types/block.hpp"

/// Vault keys of sessions. Described in `messages/vault.hpp`.
#define AOPS_TYPES_vault(X)                                                                        \
  X(vault, vault_key_to_enter)                                                                     \
  X(vault, vault_key_to_change)                                                                    \
  X(vault, session_key_query)                                                                      \
  X(vault, node_key_query)                                                                         \
  X(vault, user_key_query)                                                                         \
  X(vault, sessions_changed)

AOPS_TYPE_BLOCK(vault, 2300)
