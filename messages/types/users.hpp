#pragma once

#include "messages/types/block.hpp"

/// Accounts as administrators see them, sessions, tokens. Described in `messages/users.hpp` and
/// `messages/account.hpp`.
#define AOPS_TYPES_users(X)                                                                        \
  X(users, register_user)                                                                          \
  X(users, change_role)                                                                            \
  X(users, users_query)                                                                            \
  X(users, users_page)                                                                             \
  X(users, user_to_adopt)                                                                          \
  X(users, user_to_release)                                                                        \
  X(users, user_to_disable)                                                                        \
  X(users, user_to_enable)                                                                         \
  X(users, password_to_reset)                                                                      \
  X(users, users_to_delete)                                                                        \
  X(users, users_deleted)                                                                          \
  X(users, grants_to_change)                                                                       \
  X(users, sessions_query)                                                                         \
  X(users, sessions_found)                                                                         \
  X(users, sessions_to_end)                                                                        \
  X(users, sessions_ended)                                                                         \
  X(users, token_to_create)                                                                        \
  X(users, token_created)                                                                          \
  X(users, tokens_query)                                                                           \
  X(users, tokens_found)                                                                           \
  X(users, tokens_to_delete)                                                                       \
  X(users, tokens_deleted)                                                                         \
  X(users, seen_hosts_query)                                                                       \
  X(users, user_to_add)

AOPS_TYPE_BLOCK(users, 2100)
